"""Pauses and resumes reading a connection, for several reasons at once."""

from __future__ import annotations

import asyncio


class ReadFlowControl:
    """Reading pauses with the first reason and may resume when the last one is gone."""

    def __init__(self, transport: asyncio.ReadTransport) -> None:
        self._transport = transport
        self._reasons: set[str] = set()

    @property
    def is_paused(self) -> bool:
        """Whether there is any reason not to read."""
        return bool(self._reasons)

    def is_paused_for(self, reason: str) -> bool:
        """Whether this is one of the reasons."""
        return reason in self._reasons

    def pause(self, reason: str) -> None:
        """Stop reading, so that TCP holds the client back."""
        if not self._reasons and not self._transport.is_closing():
            self._transport.pause_reading()
        self._reasons.add(reason)

    def release(self, reason: str) -> bool:
        """Remove a reason. True when it was the last one: call `resume` then, unless a new one has come up."""
        if reason not in self._reasons:
            return False
        self._reasons.discard(reason)
        return not self._reasons

    def resume(self) -> None:
        """Read again, if no reason is left."""
        if not self._reasons and not self._transport.is_closing():
            self._transport.resume_reading()
