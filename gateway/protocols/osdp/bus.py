"""Polls the OSDP readers of an RS-485 line in turn, and handles those that do not reply.

The line carries one command and its reply at a time. A poll over the secure channel takes some 30 bytes, 31 ms at
9600 baud. So the reader that has waited longest is polled next, and a lost one may cost the others no more than a short
poll now and then.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from gateway.protocols.osdp.frames import BUSY, MAX_FRAME_BYTES, OsdpDecoder, OsdpFrame
from gateway.protocols.osdp.polled_reader import PolledReader
from gateway.protocols.osdp.session import OsdpSession
from gateway.protocols.osdp.timing import (
    ADAPTER_DELAY_S,
    EARLY_POLL_S,
    IDLE_CHARACTERS,
    IDLE_RETRY_S,
    LONG_PROBE_EVERY,
    MAX_IDLE,
    MIN_POLL_S,
    MIN_SLEEP_S,
    PROBE_INTERVAL_S,
    PROBE_TIMEOUT_S,
    REJECTED_RETRY_S,
    REPLY_TIMEOUT_S,
    poll_interval,
)
from gateway.protocols.unreadable import UnreadableBytes

POLL, STATUS = 0x60, 0x64
"""Codes of osdp_POLL and osdp_LSTAT."""


class BusConnection(Protocol):
    """The open serial line."""

    async def read_until(self, when: float) -> bytes | None:
        """Return received bytes, `b""` once the line fell silent after some, or None if none came until `when`."""
        ...

    async def write(self, data: bytes) -> None:
        """Send the bytes."""
        ...


class OsdpBus:
    """The polling loop's state for one line. Build it inside the event loop."""

    def __init__(self, line: BusConnection, sessions: Sequence[OsdpSession], baud: int) -> None:
        self._line = line
        self._character = 10 / baud
        self._poll_interval = poll_interval(len(sessions), baud)
        self._decoder = OsdpDecoder()
        self._last_byte_at = 0.0
        self._last_was_connecting = False
        now = asyncio.get_running_loop().time()
        self.readers = [PolledReader(session, last_reply_at=now) for session in sessions]
        self.unreadable: deque[UnreadableBytes] = deque(maxlen=8)
        """Unreadable bytes for the quarantine; the caller empties it."""

    async def poll_next(self) -> PolledReader:
        """Poll the reader that is due next, and return it. Raises LinkLost when the line is gone."""
        reader = self._choose()
        now = self._now()
        early = reader.next_poll_at - now
        if early > EARLY_POLL_S or now < min(reader.not_before, reader.next_poll_at):
            await asyncio.sleep(early)
        await self._poll(reader)
        return reader

    def _choose(self) -> PolledReader:
        """Return the reader that has waited longest; every second poll goes to one that is connecting.

        A handshake takes four exchanges, for which a reader would else wait four rounds of all the others.
        """
        connecting: list[PolledReader] = []
        if not self._last_was_connecting:
            now = self._now()
            connecting = [reader for reader in self.readers if reader.is_connecting and reader.next_poll_at <= now]
        self._last_was_connecting = bool(connecting)
        return min(connecting or self.readers, key=_next_poll_at)

    async def _poll(self, reader: PolledReader) -> None:
        if reader.session.failed:
            reader.session.restart()
        command = reader.retransmit or reader.session.next_frame()
        if not command:
            self._handle_idle(reader)
            return
        reply = await self._request(reader, command)
        if reply is None:
            self._handle_no_reply(reader, command)
        else:
            self._handle_reply(reader, reply)

    def _handle_idle(self, reader: PolledReader) -> None:
        reader.next_poll_at = reader.not_before = self._now() + IDLE_RETRY_S
        reader.idle_count += 1
        if reader.idle_count > MAX_IDLE:  # the wall clock, which libosdp reads, was put back
            reader.idle_count = 0
            reader.session.restart()

    def _handle_no_reply(self, reader: PolledReader, command: bytes) -> None:
        """Send the command once more unchanged, as the standard requires; then restart the session."""
        reader.unanswered += 1
        reader.retransmit = command if reader.unanswered == 1 and reader.session.up else b""
        if not reader.retransmit:
            reader.session.restart()
        now = self._now()
        reader.next_poll_at = now + PROBE_INTERVAL_S if reader.is_lost(now) else now

    def _handle_reply(self, reader: PolledReader, reply: OsdpFrame) -> None:
        session, now = reader.session, self._now()
        session.receive(reply)
        reader.last_reply_at, reader.unanswered, reader.idle_count, reader.retransmit = now, 0, 0, b""
        if session.failed:
            reader.failed_sessions += 1
            reader.status_rejected = reader.status_rejected or session.last_command == STATUS
            reader.next_poll_at = now + REJECTED_RETRY_S if reader.failed_sessions > 1 else now
        else:
            reader.failed_sessions = 0 if session.last_command == POLL else reader.failed_sessions
            reader.next_poll_at = now + self._poll_interval if session.up and not session.busy else now
        reader.not_before = min(reader.next_poll_at, now + MIN_POLL_S)

    async def _request(self, reader: PolledReader, data: bytes) -> OsdpFrame | None:
        """Send a command and return its reply; None if none came in time."""
        command = OsdpFrame(data.lstrip(b"\xff"))
        pause = self._last_byte_at + IDLE_CHARACTERS * self._character - self._now()
        if pause > MIN_SLEEP_S:
            await asyncio.sleep(pause)
        await self._line.write(data)
        # `write` returns before the bytes are on the wire, so their time is added.
        deadline = self._now() + len(data) * self._character + self._timeout(reader)
        latest = deadline + MAX_FRAME_BYTES * self._character + ADAPTER_DELAY_S
        while True:
            chunk = await self._line.read_until(deadline)
            if chunk is None:
                self._sort(self._decoder.reset(), command)
                return None
            self._last_byte_at = self._now()
            reply = self._sort(self._decoder.feed(chunk) if chunk else self._decoder.reset(), command)
            if reply is not None:
                return reply
            # A reply that has begun may take as long as its remaining bytes need.
            if missing := self._decoder.missing:
                deadline = min(latest, max(deadline, self._last_byte_at + missing * self._character + ADAPTER_DELAY_S))

    def _timeout(self, reader: PolledReader) -> float:
        if not reader.is_lost(self._now()) or reader.unanswered % LONG_PROBE_EVERY == 0:
            return REPLY_TIMEOUT_S
        return PROBE_TIMEOUT_S

    def _sort(self, found: Sequence[OsdpFrame | UnreadableBytes], command: OsdpFrame) -> OsdpFrame | None:
        """Return the reply among the received items. Our own echo and late replies to earlier commands are skipped."""
        reply = None
        for item in found:
            if isinstance(item, UnreadableBytes):
                self.unreadable.append(item)
            elif item.is_reply and item.address == command.address and _is_reply_to(item, command):
                reply = item
        return reply

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _next_poll_at(reader: PolledReader) -> float:
    return reader.next_poll_at


def _is_reply_to(reply: OsdpFrame, command: OsdpFrame) -> bool:
    """A reply repeats the command's sequence number; that of a busy reader is 0 (SIA OSDP 2.2, osdp_BUSY)."""
    return reply.sequence == command.sequence or (reply.sequence == 0 and reply.code == BUSY)
