"""Counts unanswered polls of a device on a serial line, and explains what is wrong when there are too many."""

from __future__ import annotations

from gateway.errors import LinkLost
from gateway.links.serial.settings import SerialSettings
from gateway.model import Words


class PollMonitor:
    """Counts since the device last answered.

    `max_missed` polls may stay unanswered; `hint` is something else to check, such as `" and its address (7)"`.
    """

    def __init__(self, device: str, settings: SerialSettings, max_missed: int, hint: str = "") -> None:
        self._device, self._settings, self._max_missed, self._hint = device, settings, max_missed, hint
        self._missed = 0
        self._unreadable_bytes = 0

    def answered(self) -> None:
        """The device answered: start counting again."""
        self._missed = self._unreadable_bytes = 0

    def unreadable(self, data: bytes) -> None:
        """Bytes came that are not an answer."""
        self._unreadable_bytes += len(data)

    def sending(self) -> None:
        """A poll is about to be sent. Raises LinkLost when too many were not answered."""
        if self._missed >= self._max_missed:
            raise LinkLost(self._explanation())
        self._missed += 1

    def _explanation(self) -> Words:
        settings = self._settings
        if self._unreadable_bytes:
            return Words(
                "收到的数据无法识别，请通知安装员检查波特率和 A/B 线",
                f"{self._device} on {settings.port}: {self._unreadable_bytes} bytes came and none could be read: "
                f"check baud ({settings.baud}), parity ({settings.parity}) and the pair A/B",
            )
        return Words(
            "设备无应答，请检查供电和线路",
            f"{self._device} on {settings.port} left {self._missed} polls unanswered: "
            f"check its power, the line{self._hint}",
        )
