"""What recordings are made from: the house's cameras, as this room needs them."""

from __future__ import annotations

from asyncio import Future
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol


class Taken(NamedTuple):
    """From the first picture of a recording to the last, by our clock."""

    began: datetime
    ended: datetime


class Taking(Protocol):
    """A recording under way. `taken` comes once the file is whole: after `stop`, or when the stream is lost."""

    @property
    def began(self) -> datetime: ...
    @property
    def taken(self) -> Future[Taken]: ...
    def stop(self) -> None: ...


class Footage(Protocol):
    async def record(self, camera: str, raw: Path, before_s: float) -> Taking:
        """Write the camera's packets to `raw`, from so many seconds ago on. Raises LinkLost when there are none."""
        ...

    async def finish(self, raw: Path, mp4: Path) -> float:
        """Make an MP4 of `raw` that any player opens, nothing encoded anew; gives its seconds.

        Raises LinkLost or BadInput when that can't be done.
        """
        ...
