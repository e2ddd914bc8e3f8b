"""Whether a connection is read, and for which reasons it is not."""

from __future__ import annotations

import asyncio


class ReadFlowControl:
    """Reading stops with the first reason and may go on when the last one is gone."""

    def __init__(self, transport: asyncio.ReadTransport) -> None:
        self._transport = transport
        self._reasons: set[str] = set()

    @property
    def is_stopped(self) -> bool:
        return bool(self._reasons)

    def is_stopped_for(self, reason: str) -> bool:
        return reason in self._reasons

    def stop(self, reason: str) -> None:
        if not self._reasons and not self._transport.is_closing():
            self._transport.pause_reading()
        self._reasons.add(reason)

    def release(self, reason: str) -> bool:
        """Whether this was the last one; call `resume` then, unless a new one has come up."""
        if reason not in self._reasons:
            return False
        self._reasons.discard(reason)
        return not self._reasons

    def resume(self) -> None:
        if not self._reasons and not self._transport.is_closing():
            self._transport.resume_reading()
