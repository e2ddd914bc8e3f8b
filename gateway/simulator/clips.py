"""Encodes scenes as H.264 once, and caches the clips in the demo's folder."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import av

from gateway.simulator import drawing, scenes
from gateway.simulator.rtp import RtpClip
from gateway.simulator.scenes import FPS, KEYFRAME_SECONDS, Scene

OPTIONS = {
    "preset": "superfast",
    "tune": "zerolatency",  # no B frames: pictures in display order, as from a camera
    "crf": "24",
    "profile": "main",
    "x264-params": f"keyint={FPS * KEYFRAME_SECONDS}:min-keyint={FPS * KEYFRAME_SECONDS}:scenecut=0:aud=1",
}


def encode(scene: Scene) -> bytes:
    """The scene as an Annex B stream with a delimiter before each picture. Takes a second or two."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = scene.size
    encoder.pix_fmt = "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
    # With more threads x264's output would depend on the machine.
    encoder.thread_count = 1
    encoder.options = OPTIONS
    stream = bytearray()
    for index, picture in enumerate(scene.pictures()):
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts = index
        for packet in encoder.encode(frame):
            stream += bytes(packet)
    for packet in encoder.encode(None):
        stream += bytes(packet)
    return bytes(stream)


def load_clip(scene: Scene, cache: Path) -> RtpClip:
    """The scene's clip, from `cache` if it was encoded from the same sources."""
    file = cache / f"{scene.name}-{_source_hash()}.h264"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        # Renamed when complete: a killed demo must not leave half a clip in the cache.
        unfinished = file.with_suffix(".part")
        unfinished.write_bytes(encode(scene))
        unfinished.replace(file)
    return RtpClip.of(file.read_bytes(), FPS)


def _source_hash() -> str:
    """Changes whenever a scene may look different."""
    parts = [Path(module.__file__ or "").read_bytes() for module in (drawing, scenes)]
    parts += [file.read_bytes() for file in sorted(drawing.PHOTO_FOLDER.glob("*.jpg"))]
    return hashlib.sha256(b"".join([*parts, repr(OPTIONS).encode()])).hexdigest()[:12]
