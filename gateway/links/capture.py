"""Records what goes over a link: bytes with their time, as lines of JSON that a test can replay.

    {"anju": "capture", "device": "wall-host", "kind": "perimeter_panel", "began": "2026-11-22T12:00:00+00:00"}
    {"t": 0.012, "way": "in", "data": "aa5501", "peer": "10.0.0.7:40112"}

Secrets of the device's YAML and long numbers (phones, identity cards) are overwritten byte by byte, so that lengths
stay. A chunk in which that happened says `"redacted": true`, for its checksum may be wrong now.
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
    """Bytes as they were read or written. `way` is the gateway's: "in" is what the device sent.

    `peer` is the other end, or the topic, where a link has several.
    """

    way: Way
    data: bytes
    peer: str = ""


class Capture:
    """The listeners of one link. Without a listener, recording costs next to nothing."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[CapturedChunk], None]] = []

    def record(self, way: Way, data: bytes, peer: str = "") -> None:
        """Pass bytes that were read or written to all listeners."""
        for listener in self._listeners:
            listener(CapturedChunk(way, bytes(data), peer))

    @contextmanager
    def listen(self, listener: Callable[[CapturedChunk], None]) -> Iterator[None]:
        """Call `listener` for each chunk while the context is open; it must return at once."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)


def redact(data: bytes, secrets: Sequence[bytes]) -> bytes:
    """The same bytes with secrets and long numbers overwritten; the length stays."""
    for secret in secrets:
        data = data.replace(secret, b"*" * len(secret))
    return _LONG_NUMBER.sub(lambda found: b"0" * len(found.group()), data)


def as_line(chunk: CapturedChunk, seconds: float, secrets: Sequence[bytes]) -> dict[str, object]:
    """One line of a capture, `seconds` after its beginning."""
    redacted = redact(chunk.data, secrets)
    line: dict[str, object] = {"t": round(seconds, 4), "way": chunk.way, "data": redacted.hex()}
    if chunk.peer:
        line["peer"] = chunk.peer
    if redacted != chunk.data:
        line["redacted"] = True
    return line


def read_chunks(lines: Iterable[str]) -> Iterator[tuple[float, CapturedChunk]]:
    """Seconds and chunk of every line of a capture except its header; raises BadInput that names the line."""
    for number, text in enumerate(lines, 1):
        try:
            row = json.loads(text)
            if "anju" not in row:
                yield float(row["t"]), CapturedChunk(row["way"], bytes.fromhex(row["data"]), row.get("peer", ""))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise BadInput(f"line {number} is not a line of a capture: {error}", text.encode()) from error
