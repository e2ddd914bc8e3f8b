"""A camera of our own on loopback; the extra `onvif` is in the development group, so nothing here is skipped."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from gateway.protocols.onvif.transport import Login
from gateway.simulator.onvif import CameraAccount, OnvifCameraTwin

JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"


@pytest.fixture
async def twin() -> AsyncIterator[OnvifCameraTwin]:
    async with OnvifCameraTwin(CameraAccount("anju", "s3cret pass"), picture=JPEG).serve() as camera:
        yield camera


@pytest.fixture
def login(twin: OnvifCameraTwin) -> Login:
    return Login(twin.address, "anju", "s3cret pass")
