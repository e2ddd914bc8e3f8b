"""Many sub-streams on loopback, from the simulator in a process of its own.

`python -m tests.bench.streams CAMERAS [BUSY [PORT]]` prints its port, and serves
rtsp://127.0.0.1:PORT/cam0 … until its standard input ends.
"""

from __future__ import annotations

import asyncio
import sys
from fractions import Fraction

import av
import click
import cv2
import numpy as np

from gateway.simulator.rtp import RtpClip
from gateway.simulator.rtsp import Mount, RtspServer

WIDTH, HEIGHT, RATE, KEY_EVERY, BITRATE = 640, 360, 25, 50, 600_000
SECONDS, PASS, WALK = 24, 8, 5
"""The loop is longer than any pause between two looks: no camera shows the same picture twice."""


def scene(*, busy: bool = False) -> RtpClip:
    """A wall seen by a noisy sensor, coded as a camera's sub-stream is: 600 kbit/s, a keyframe every two seconds.

    `busy`: somebody walks past it, for WALK of PASS seconds.
    """
    encoder = _encoder()
    chance = np.random.default_rng(1)
    coarse = chance.integers(40, 200, (HEIGHT // 8, WIDTH // 8, 3), dtype=np.uint8)
    wall = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC).astype(np.int16)
    coat = chance.integers(0, 120, (150, 50, 1), dtype=np.int16)
    grain = [chance.normal(0, 3, wall.shape).astype(np.int16) for _ in range(8)]
    stream = bytearray()
    for number in range(RATE * SECONDS):
        picture, way = wall.copy(), number % (PASS * RATE) / (WALK * RATE)
        if busy and way < 1:
            left = round((WIDTH - 50) * way)
            picture[150:300, left : left + 50] = coat
        shift = chance.integers(0, 300, 2)
        noisy = (picture + np.roll(grain[number % 8], shift, (0, 1))).clip(0, 255).astype(np.uint8)
        frame = av.VideoFrame.from_ndarray(noisy, format="bgr24")
        frame.pts = number
        stream += b"".join(map(bytes, encoder.encode(frame)))
    return RtpClip.of(bytes(stream + b"".join(map(bytes, encoder.encode(None)))), RATE)


def _encoder() -> av.VideoCodecContext:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.bit_rate = Fraction(1, RATE), Fraction(RATE), BITRATE
    encoder.thread_count = 1
    keys = f"keyint={KEY_EVERY}:min-keyint={KEY_EVERY}:scenecut=0:aud=1:vbv-maxrate=600:vbv-bufsize=600"
    encoder.options = {"preset": "veryfast", "tune": "zerolatency", "x264-params": keys}
    return encoder


async def serve(cameras: int, busy: int = 0, port: int = 0) -> None:
    still = scene()
    walked = scene(busy=True) if busy else still
    mounts = {f"cam{number}": Mount(walked if number < busy else still) for number in range(cameras)}
    for number, mount in enumerate(mounts.values()):
        mount._at = number * RATE * SECONDS // cameras  # keyframes apart, as cameras do it
    async with RtspServer(mounts).listen(port) as listening:
        click.echo(listening)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(*map(int, sys.argv[1:])))
