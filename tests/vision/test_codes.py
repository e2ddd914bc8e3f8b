"""A pass held before a gate camera: real RTSP, a real vision worker, and no code in what is stored."""

from __future__ import annotations

import asyncio

import cv2
import numpy as np

from gateway.simulator import clips
from gateway.simulator.rtp import RtpClip
from gateway.simulator.rtsp import Mount, RtspServer
from gateway.simulator.scenes import FPS
from gateway.vision.pool import VisionPool
from gateway.vision.recognise.codes import read_codes
from gateway.vision.stream_config import StreamConfig
from tests.vision.code_pictures import SIZE, TEXT, Visit, gray

LIMIT = 60


def _clip(text: str | None) -> RtpClip:
    return RtpClip.of(clips.encode(Visit(text)), FPS)  # type: ignore[arg-type]  # of a scene what is used of it


async def test_a_pass_is_read_once_a_visit_and_its_picture_does_not_show_it() -> None:
    mount = Mount(_clip(None))
    async with asyncio.timeout(LIMIT), RtspServer({"gate": mount}, {}).listen() as port, VisionPool(1) as pool:
        config = StreamConfig(f"rtsp://127.0.0.1:{port}/gate", motion=False, codes=True)
        async with pool.slot("gate").watch(config) as sightings:
            await mount.has_viewer.wait()
            mount.play(_clip(TEXT))
            mount.play(_clip(f"{TEXT}2"))  # the code has changed: it is another one
            first, second = await anext(sightings), await anext(sightings)
    assert [(one.kind, one.secret) for one in (first, second)] == [("code.read", TEXT), ("code.read", f"{TEXT}2")]
    assert TEXT not in repr(first)
    assert TEXT not in str(first.data)
    picture = cv2.imdecode(np.frombuffer(first.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (*SIZE[::-1], 3)
    assert read_codes(gray(np.asarray(picture, np.uint8))) == []
