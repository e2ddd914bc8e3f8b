"""How long a device on a line has left polls unanswered, and what that says about the line."""

from __future__ import annotations

from gateway.errors import LinkLost
from gateway.links.serial.settings import SerialSettings
from gateway.model import Words


class PollMonitor:
    """Counts since the device was last heard; raises LinkLost when there is nothing more to wait for.

    `most` may go unanswered; `hint` is something else to look at, such as `" and its address (7)"`.
    """

    def __init__(self, device: str, settings: SerialSettings, most: int, hint: str = "") -> None:
        self._device, self._settings, self._most, self._hint = device, settings, most, hint
        self._missed = 0
        self._rubbish = 0

    def heard(self) -> None:
        self._missed = self._rubbish = 0

    def unreadable(self, data: bytes) -> None:
        self._rubbish += len(data)

    def asks(self) -> None:
        """A poll is about to be sent."""
        if self._missed >= self._most:
            raise LinkLost(self._silence())
        self._missed += 1

    def _silence(self) -> Words:
        settings = self._settings
        if self._rubbish:
            return Words(
                "收到的数据无法识别，请通知安装员检查波特率和 A/B 线",
                f"{self._device} on {settings.port}: {self._rubbish} bytes came and none could be read: "
                f"check baud ({settings.baud}), parity ({settings.parity}) and the pair A/B",
            )
        return Words(
            "设备无应答，请检查供电和线路",
            f"{self._device} on {settings.port} left {self._missed} polls unanswered: "
            f"check its power, the line{self._hint}",
        )
