"""The interface to whoever receives a stream's access units."""

from __future__ import annotations

from typing import Protocol

from gateway.errors import LinkLost
from gateway.model import Words
from gateway.vision.stream.rtp.access_unit import AccessUnit
from gateway.vision.stream.rtp.receiver import MediaTrack

INTERNAL_ERROR = Words(
    "摄像机发来的数据使视频程序出错，请通知安装员",
    "what the camera sent made the gateway's own code fail; the log says how",
)


class UnitListener(Protocol):
    """Called in the polling thread: a slow call delays all cameras."""

    def stream_started(self, media: MediaTrack) -> None:
        """PLAY was sent; units follow. Called again after a redirect."""
        ...

    def unit_received(self, unit: AccessUnit) -> None:
        """One access unit, in decoding order."""
        ...

    def stream_lost(self, why: LinkLost) -> None:
        """The last call; the text holds no password."""
        ...
