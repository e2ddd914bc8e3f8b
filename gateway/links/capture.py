"""What goes over a link, for whoever listens: bytes with their time, as lines of JSON that a test can replay.

    {"anju": "capture", "device": "wall-host", "kind": "perimeter_panel", "began": "2026-11-22T12:00:00+00:00"}
    {"t": 0.012, "way": "in", "data": "aa5501", "peer": "10.0.0.7:40112"}

Secrets of the device's YAML and long numbers (phones, identity cards) are overwritten, byte by byte, so that
lengths stay; a piece in which that happened says `"redact": true`, for its checksum may be wrong now.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from gateway.errors import BadInput

Way = Literal["in", "out"]
_LONG_NUMBER = re.compile(rb"(?<![0-9])[0-9]{11,18}(?![0-9])")


@dataclass(frozen=True, slots=True)
class CapturedChunk:
    """`way` is ours: in is what the device sent. `peer` is who, or which topic, where a link has several."""

    way: Way
    data: bytes
    peer: str = ""


class Capture:
    """One a link. Without a listener it costs one look."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[CapturedChunk], None]] = []

    def record(self, way: Way, data: bytes, peer: str = "") -> None:
        for heard in self._listeners:
            heard(CapturedChunk(way, bytes(data), peer))

    @contextmanager
    def listen(self, heard: Callable[[CapturedChunk], None]) -> Iterator[None]:
        """`heard` must return at once."""
        self._listeners.append(heard)
        try:
            yield
        finally:
            self._listeners.remove(heard)


def redact(data: bytes, secrets: Sequence[bytes]) -> bytes:
    """The same length, without what nobody else may read."""
    for secret in secrets:
        data = data.replace(secret, b"*" * len(secret))
    return _LONG_NUMBER.sub(lambda found: b"0" * len(found.group()), data)


def as_line(piece: CapturedChunk, seconds: float, secrets: Sequence[bytes]) -> dict[str, object]:
    """One line of a capture, `seconds` after its beginning."""
    shown = redact(piece.data, secrets)
    written: dict[str, object] = {"t": round(seconds, 4), "way": piece.way, "data": shown.hex()}
    if piece.peer:
        written["peer"] = piece.peer
    if shown != piece.data:
        written["redact"] = True
    return written


def read_chunks(lines: Iterable[str]) -> Iterator[tuple[float, CapturedChunk]]:
    """Seconds and piece of every line of a capture but its first; raises BadInput that names the line."""
    for number, text in enumerate(lines, 1):
        try:
            said = json.loads(text)
            if "anju" not in said:
                yield float(said["t"]), CapturedChunk(said["way"], bytes.fromhex(said["data"]), said.get("peer", ""))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise BadInput(f"line {number} is none of a capture: {error}", text.encode()) from error
