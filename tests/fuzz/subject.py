"""What is fuzzed: one decoder, how it is begun, and what valid input looks like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.model import Device, DeviceType, Signal
from gateway.store.columns import maybe_us, to_json

Feed = Callable[[bytes], None]
"""Takes a chunk, and looks at everything that comes of it. `b""`: the line fell silent, or the connection ended.

One that holds more than memory (a loop, a C library) has a `close`.
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """`open` begins as at a new connection, `frames` gives valid input; both are called in the process that fuzzes."""

    name: str
    open: Callable[[], Feed]
    frames: Callable[[], Sequence[bytes]]
    refuses: tuple[type[Exception], ...] = ()
    """What it raises over bad input, by its docstring. The connection ends with it, and another begins."""
    seal: Callable[[bytes], bytes] | None = None
    """Of a body, the frame: its length and checksum right. `frames` are bodies then."""
    whole: bool = False
    """It is fed datagrams, bodies or answers, one at a time, and no stream that may be cut anywhere."""
    in_order: bool = False
    """Frames build on those before them (pictures): they are taken as they stand, not by chance."""
    words: Sequence[bytes] = ()
    """What means something in its language; put in anywhere."""
    holds: int = 64 << 10
    """Bytes it may hold by its own bound."""
    leaks: int = 0
    """Small objects that a library we can't mend is known to leave behind in ten million bytes."""


def device(kind: str) -> Device:
    return Device(id="d", kind=kind, type=DeviceType.PANEL, name="d", place="p")


def recordable(*signals: Signal) -> None:
    """That the journal can take it: text in UTF-8, JSON without NaN, times in microseconds. Raises ValueError."""
    for signal in signals:
        written = to_json(signal.data)
        f"{written}{signal.device}{signal.source_id}".encode()
        plain(signal.data)
        maybe_us(signal.at)


def plain(value: object) -> None:
    """That it is JSON for everybody: neither NaN nor Infinity stands in it."""
    if isinstance(value, float) and (value != value or value in {float("inf"), float("-inf")}):  # noqa: PLR0124
        raise ValueError(f"{value} is no number of JSON")
    if isinstance(value, dict):
        for each in value.values():
            plain(each)
    elif isinstance(value, list | tuple):
        for each in value:
            plain(each)
