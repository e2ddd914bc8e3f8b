"""The outcome of a request: a response, an exception response, or none."""

from __future__ import annotations

from typing import NamedTuple

from gateway.protocols.modbus.mismatch import Mismatch
from gateway.protocols.modbus.request import EXCEPTION_TEXTS, TRANSIENT_EXCEPTIONS


class ModbusResponse(NamedTuple):
    """A normal response: its PDU, function code first."""

    pdu: bytes


class ExceptionResponse(NamedTuple):
    """An exception response: the unit is online and rejects the request."""

    code: int

    @property
    def is_transient(self) -> bool:
        """Whether the same request may succeed later: the unit is busy, or a gateway could not reach it."""
        return self.code in TRANSIENT_EXCEPTIONS

    def __str__(self) -> str:
        return f"{EXCEPTION_TEXTS.get(self.code, 'it gives no known reason')} (exception {self.code})"


class NoResponse(NamedTuple):
    """No valid response before the timeout.

    `late`: a response to an earlier request arrived after its timeout. `garbage` is bytes that made no frame,
    `mismatch` says why a received frame is not the response.
    """

    late: bool = False
    garbage: bytes = b""
    mismatch: Mismatch | None = None


Outcome = ModbusResponse | ExceptionResponse | NoResponse
