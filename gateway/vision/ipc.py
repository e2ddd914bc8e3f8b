"""Messages between the gateway and a vision worker: a JSON header and a blob, each with its length in front.

Sans-I/O and bounded both ways. Anything that does not parse means a broken peer, not a mistake in one message: the
connection can't be used any further.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import Struct
from typing import Any

from gateway.errors import BadInput

_LENGTHS = Struct("!II")
MAX_HEADER_BYTES = 8 * 1024 * 1024
MAX_BLOB_BYTES = 64 * 1024 * 1024
"""A gallery of 100,000 templates is 51 MB."""


@dataclass(frozen=True, slots=True)
class IpcMessage:
    """`header["request"]` names what the gateway wants, `header["event"]` what the worker reports."""

    header: dict[str, Any]
    blob: bytes = field(default=b"", repr=False)

    def encode(self) -> bytes:
        """The bytes for the socket. Raises ValueError when it is too large."""
        header = json.dumps(self.header, ensure_ascii=False, separators=(",", ":")).encode()
        if len(header) > MAX_HEADER_BYTES or len(self.blob) > MAX_BLOB_BYTES:
            raise ValueError(f"a message of {len(header)} + {len(self.blob)} bytes is too large for the wire")
        return _LENGTHS.pack(len(header), len(self.blob)) + header + self.blob


class IpcParser:
    """Turns bytes, as they come, into whole messages. Raises BadInput on what no peer of ours sends."""

    def __init__(self, max_blob: int = MAX_BLOB_BYTES) -> None:
        self._max_blob = max_blob
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[IpcMessage]:
        """The messages that `data` completes. Raises BadInput."""
        self._buffer += data
        while (message := self._next()) is not None:
            yield message

    def _next(self) -> IpcMessage | None:
        if len(self._buffer) < _LENGTHS.size:
            return None
        header, blob = _LENGTHS.unpack_from(self._buffer)
        # Checked before any of it is buffered, so that a compromised worker can't exhaust the gateway's memory.
        if header > MAX_HEADER_BYTES or blob > self._max_blob:
            raise BadInput(f"a message of {header} + {blob} bytes is announced", bytes(self._buffer[:64]))
        end = _LENGTHS.size + header + blob
        if len(self._buffer) < end:
            return None
        text = bytes(self._buffer[_LENGTHS.size : _LENGTHS.size + header])
        body = bytes(self._buffer[_LENGTHS.size + header : end])
        del self._buffer[:end]
        return IpcMessage(_object(text), body)


def _object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput("the header is not JSON", text[:64]) from None
    if not isinstance(value, dict):
        raise BadInput("the header is not a JSON object", text[:64])
    return value
