"""Coded packets and their codec parameters, as sources give them and decoders take them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Packet:
    """One coded picture. `time` is in seconds on the stream's own clock and may jump at a reconnect."""

    time: float
    key: bool
    size: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CodecParameters:
    """FFmpeg's name of the codec, and the data that its decoder needs before the first packet."""

    name: str
    extradata: bytes | None = field(default=None, repr=False)
    raw: tuple[int, int, str] | None = None
    """Width, height and pixel format of uncompressed pictures (a capture card's)."""


class PacketSource(Protocol):
    """Packets of one camera's video, in decoding order. For one thread; `close` when done with it."""

    @property
    def coding(self) -> CodecParameters:
        """For a decoder."""
        ...

    def packets(self) -> Iterator[Packet]:
        """Ends when a file ends; raises LinkLost when the stream fails or sends nothing for too long."""
        ...

    def close(self) -> None:
        """Release the connection or the file."""
        ...
