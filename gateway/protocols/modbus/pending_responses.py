"""Requests that a unit has not answered, and whose responses may still arrive."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from gateway.protocols.modbus.frames import ModbusFrame
from gateway.protocols.modbus.mismatch import Mismatch
from gateway.protocols.modbus.request import EXCEPTION_FLAG, ModbusRequest


@dataclass(slots=True)
class PendingResponses:
    """Requests that one unit has not answered in time."""

    unanswered: int = 0
    late: bool = False
    requests: deque[ModbusRequest] = field(default_factory=lambda: deque(maxlen=8))
    """The last of them; `transaction_ids` are theirs, on TCP."""
    transaction_ids: deque[int] = field(default_factory=lambda: deque(maxlen=8))
    mismatch: Mismatch | None = None
    """What was wrong with its last response, except to an echo request: the unit may not support that."""

    def includes(self, frame: ModbusFrame, *, by_transaction_id: bool) -> bool:
        """Whether the frame is a late response to one of these requests."""
        if by_transaction_id:
            return frame.transaction_id in self.transaction_ids
        is_exception = frame.pdu[0] & EXCEPTION_FLAG and len(frame.pdu) == 2
        return bool(is_exception) or any(request.is_response(frame.pdu) for request in self.requests)
