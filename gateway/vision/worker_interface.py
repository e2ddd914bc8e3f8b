"""What camera slots need of a vision worker. Keeps slots and the worker's client from importing each other."""

from __future__ import annotations

from typing import Protocol

from gateway.errors import LinkLost
from gateway.vision.sighting import Sighting
from gateway.vision.stream_config import StreamConfig
from gateway.vision.view.view_client import ViewClient


class StreamListener(Protocol):
    """Receives what a worker reports of one stream, in the gateway's event loop."""

    def on_alive(self) -> None:
        """Called every second or two while pictures arrive."""
        ...

    def on_sighting(self, sighting: Sighting) -> None:
        """Something was seen."""
        ...

    def on_lost(self, error: LinkLost) -> None:
        """The last call. LoginRefused where the camera rejected the user's name or the password."""
        ...


class VisionWorker(Protocol):
    """A worker's process, as seen from the gateway."""

    @property
    def views(self) -> ViewClient:
        """Live views and recordings of its streams."""
        ...

    async def add_stream(self, listener: StreamListener, config: StreamConfig) -> int:
        """Gives the stream's number. Raises LinkLost when the worker does not start within some seconds."""
        ...

    def add_stream_now(self, listener: StreamListener, config: StreamConfig) -> int:
        """As `add_stream`, but raises LinkLost when the worker does not run already."""
        ...

    def remove_stream(self, number: int) -> None:
        """The listener is not called any more."""
        ...

    async def latest_jpeg(self, number: int) -> bytes | None:
        """None while the stream has no picture, or when the worker does not answer in time."""
        ...

    def count_dropped_sighting(self) -> None:
        """Count a sighting that a slow driver lost."""
        ...
