"""Remuxes a recording (fragmented MP4) to an MP4 with its index in front, as every player needs it."""

from __future__ import annotations

from pathlib import Path

import av
from av.error import FFmpegError

from gateway.errors import BadInput


def write_faststart(raw: Path, mp4: Path) -> float:
    """Gives the duration in seconds. `raw` may be cut off anywhere.

    Raises BadInput when it holds no picture, OSError when the disk is full.
    """
    try:
        seconds = _remux(raw, mp4)
    except FFmpegError as error:
        if isinstance(error, OSError) and error.errno in {28, 122}:  # no space, no quota
            raise
        raise BadInput(f"{raw.name} can't be read: {error.strerror}", b"") from None
    if seconds <= 0:
        raise BadInput(f"{raw.name} holds no picture", b"")
    return seconds


def _remux(raw: Path, mp4: Path) -> float:
    first, last = None, 0.0
    # faststart: FFmpeg moves the index in front of the media, so that a browser can begin before all is loaded.
    with av.open(str(raw)) as source, av.open(str(mp4), "w", format="mp4", options={"movflags": "faststart"}) as out:
        if not source.streams.video:
            raise BadInput(f"{raw.name} holds no picture", b"")
        stream = source.streams.video[0]
        copy = out.add_stream_from_template(stream)
        for packet in source.demux(stream):
            # FFmpeg gives the torn end of a file that a power cut left as a corrupt packet.
            if packet.is_corrupt or packet.dts is None or packet.pts is None or packet.time_base is None:
                continue
            start = float(packet.pts * packet.time_base)
            first = start if first is None else min(first, start)
            last = max(last, start + float((packet.duration or 0) * packet.time_base))
            packet.stream = copy
            out.mux(packet)
    return last - first if first is not None else 0.0
