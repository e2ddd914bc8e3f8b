"""The worker's side of a slot, as a slot needs it."""

from __future__ import annotations

from typing import Protocol

from gateway.errors import LinkLost
from gateway.vision.sighting import Sighting, StreamConfig
from gateway.vision.view.view_client import ViewClient


class StreamListener(Protocol):
    """Told of one stream, in the gateway's loop."""

    def heard(self) -> None:
        """Every second or two while packets come."""
        ...

    def saw(self, sighting: Sighting) -> None: ...

    def lost(self, error: LinkLost) -> None:
        """The last call. LoginRefused where the camera did not take the name or the password."""
        ...


class VisionWorker(Protocol):
    @property
    def views(self) -> ViewClient: ...

    async def begin(self, hears: StreamListener, watch: StreamConfig) -> int:
        """Gives the stream's number. Raises LinkLost when the worker does not start within some seconds."""
        ...

    def add_stream_now(self, hears: StreamListener, watch: StreamConfig) -> int:
        """As `begin`, and raises LinkLost when the worker does not run already."""
        ...

    def end(self, number: int) -> None: ...

    async def picture(self, number: int) -> bytes | None: ...

    def count_dropped_sighting(self) -> None:
        """A sighting gave way."""
        ...
