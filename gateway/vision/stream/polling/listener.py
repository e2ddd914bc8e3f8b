"""Who is told what a stream brings."""

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
    """Called in the sweeping thread: whoever takes long there, takes it from all cameras."""

    def began(self, media: MediaTrack) -> None: ...

    def unit(self, unit: AccessUnit) -> None: ...

    def lost(self, why: LinkLost) -> None:
        """The last call; the text holds no password."""
        ...
