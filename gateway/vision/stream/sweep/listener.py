"""Who is told what a stream brings."""

from __future__ import annotations

from typing import Protocol

from gateway.errors import LinkLost
from gateway.vision.stream.rtp.receiver import Media
from gateway.vision.stream.rtp.unit import AccessUnit


class Listener(Protocol):
    """Called in the sweeping thread: whoever takes long there, takes it from all cameras."""

    def began(self, media: Media) -> None: ...

    def unit(self, unit: AccessUnit) -> None: ...

    def lost(self, why: LinkLost) -> None:
        """The last call; the text holds no password."""
        ...
