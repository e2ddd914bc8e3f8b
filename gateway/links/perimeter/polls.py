"""How long a perimeter host has left polls unanswered, and what that says about the line."""

from __future__ import annotations

from gateway.errors import LinkLost
from gateway.links.perimeter.settings import PanelSettings


class Polls:
    """Counts since the host was last heard; raises LinkLost when there is nothing more to wait for."""

    def __init__(self, host: str, settings: PanelSettings) -> None:
        self._host, self._settings = host, settings
        self._missed = 0
        self._rubbish = 0

    def heard(self) -> None:
        self._missed = self._rubbish = 0

    def unreadable(self, data: bytes) -> None:
        self._rubbish += len(data)

    def asks(self) -> None:
        """A poll is about to be sent."""
        if self._missed >= self._settings.missed_polls:
            raise LinkLost(self._silence())
        self._missed += 1

    def _silence(self) -> str:
        settings = self._settings
        if self._rubbish:
            return (
                f"{self._host} on {settings.port}: {self._rubbish} bytes came and none could be read: "
                f"check baud ({settings.baud}), parity ({settings.parity}) and the pair A/B"
            )
        return (
            f"{self._host} on {settings.port} left {self._missed} polls unanswered: "
            f"check its power, the line and its address ({settings.address})"
        )
