"""The one seam between where packets come from and what is done with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Packet:
    """One coded picture as it came. `time` is in seconds on the stream's own clock and may jump at a reconnect."""

    time: float
    key: bool
    size: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CodecParameters:
    """How the packets are coded: FFmpeg's name of the codec and what it needs before the first packet."""

    name: str
    extradata: bytes | None = field(default=None, repr=False)
    raw: tuple[int, int, str] | None = None
    """Width, height and pixel format of pictures that are not coded at all (a capture card's)."""


class PacketSource(Protocol):
    """Packets of one camera's picture, in decoding order. For one thread; `close` when done with it."""

    @property
    def coding(self) -> CodecParameters: ...

    def packets(self) -> Iterator[Packet]:
        """Ends when a file ends; raises LinkLost when the stream fails or falls silent."""
        ...

    def close(self) -> None: ...
