"""One reader's libosdp, in memory: frames and commands in, frames and events out. No I/O.

libosdp's own clock only decides that it polls again no sooner than 50 ms after the last reply; the caller of
`next_frame` decides the rest. Peculiarities of libosdp 3.2.9:

- a callback must not raise: the exception surfaces as a SystemError of a later call;
- the dict passed to the event callback is never freed, so it is emptied here: 64 bytes a card remain;
- its Python class ControlPanel puts every event in a queue that nobody empties: the C extension is used directly;
- a pending command can't be cancelled, but an invalid reply ends it (`restart`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import osdp_sys
from osdp import Command, Event, EventNotification, LibFlag, LogLevel, PDInfo, StatusReportType

from gateway.protocols.osdp.frames import CRC, REPLY, START, OsdpFrame

CompletionCallback = Callable[[bool], None]
"""Called with True if the reader accepted the command."""
MAX_PENDING = 8
"""Commands queued for a reader: libosdp's own queue is unbounded."""
_COMPLETED = 0
_REFRESHES = 4
"""Calls of `refresh` after which libosdp has sent what it can: it settles the last reply, wakes up, and sends."""
_NAK, _BUSY = 0x41, 0x79
_REPLIES = {
    0x61: {0x45},  # osdp_ID: osdp_PDID
    0x62: {0x46},  # osdp_CAP: osdp_PDCAP
    0x76: {0x76},  # osdp_CHLNG: osdp_CCRYPT
    0x77: {0x78},  # osdp_SCRYPT: osdp_RMAC_I
}
"""Command → valid replies. For any other reply libosdp would write a line to stderr."""
_OTHER_REPLIES = frozenset({0x40, 0x48, 0x49, 0x4A, 0x4B, 0x50, 0x51, 0x53, 0x90})
"""Valid replies to all other commands."""
STATUS_COMMAND = {"command": Command.Status, "type": StatusReportType.Local}


class _MemoryChannel:
    """The transport that libosdp reads from and writes to: two buffers."""

    id = 1

    def __init__(self) -> None:
        self.received = b""
        self.sent = b""

    def read(self, limit: int) -> bytes:
        taken, self.received = self.received[:limit], self.received[limit:]
        return taken

    def write(self, data: bytes) -> int:
        self.sent += data
        return len(data)

    def flush(self) -> None:
        self.received = b""


class OsdpSession:
    """The session with one reader. `key` is its SCBK (16 bytes); None: without secure channel.

    With `install`, a reader that still has the standard's default key gets this one.
    """

    def __init__(self, address: int, key: bytes | None, *, install: bool = False) -> None:
        self.address = address
        self.failed = False
        """libosdp has given the session up; `restart` starts it again."""
        self.last_command = 0
        """Code of the last command sent: shows how far a failed session came."""
        self._events: deque[Mapping[str, Any]] = deque()
        self._secure = key is not None
        self._invalid_reply = bytes((START, REPLY | address, 8, 0, CRC, 0, 0, 0))
        """A frame with a wrong CRC, which makes libosdp drop its pending command."""
        self._pending: deque[CompletionCallback | None] = deque()
        self._channel = _MemoryChannel()
        flags = [LibFlag.EnableNotification] + ([LibFlag.EnforceSecure] if key and not install else [])
        osdp_sys.set_loglevel(LogLevel.Emergency)  # libosdp logs to stderr
        self._panel = osdp_sys.ControlPanel(
            [PDInfo(address, self._channel, scbk=key, name=f"reader {address}", flags=flags).get()]
        )
        self._panel.set_event_callback(self._on_event)
        self._panel.set_command_completion_callback(self._on_completion)

    def close(self) -> None:
        """Release libosdp: it and its callbacks reference each other, and the garbage collector can't see that."""
        self._panel.flush_commands(0)
        self._fail_pending()
        self._panel = None
        self._channel.flush()

    @property
    def up(self) -> bool:
        """Whether the session is established, with a key over the secure channel."""
        return bool(self._panel.sc_status() if self._secure else self._panel.status())

    @property
    def reachable(self) -> bool:
        """Whether the reader replies at all, secure or not."""
        return bool(self._panel.status())

    def next_frame(self) -> bytes:
        """Return the frame to send now; empty if it is too early or the session has failed."""
        self._channel.sent = b""
        for _ in range(_REFRESHES):
            self._panel.refresh()
            if self._channel.sent:
                frame = self._channel.sent
                self.last_command = OsdpFrame(frame.lstrip(b"\xff")).code
                return frame
        return b""

    def receive(self, frame: OsdpFrame) -> None:
        """Process the reply to the last frame sent. A reply that is not valid for it ends the session."""
        expected = frame.code in _REPLIES.get(self.last_command, _OTHER_REPLIES) | {_NAK, _BUSY}
        self._channel.received = frame.raw if expected else self._invalid_reply
        self._panel.refresh()
        self._channel.received = b""

    def restart(self) -> None:
        """Start again with the identification of the reader. Pending commands fail."""
        # Ends the pending command, else libosdp would wait for its reply before it does anything else.
        self._channel.received = self._invalid_reply
        self._panel.refresh()
        self._channel.received = b""
        self._panel.flush_commands(0)
        self._panel.disable_pd(0)
        self._panel.refresh()
        self._panel.enable_pd(0)
        self._panel.refresh()
        self._fail_pending()
        self._channel.sent = b""
        self.failed = False

    def submit(self, command: Mapping[str, Any], done: CompletionCallback | None = None) -> bool:
        """Queue a command. Returns False if the session is not up or MAX_PENDING commands are queued already."""
        if not self.up or len(self._pending) >= MAX_PENDING or not self._panel.submit_command(0, dict(command)):
            return False
        self._pending.append(done)
        return True

    @property
    def busy(self) -> bool:
        """Whether a command is queued or waits for its reply."""
        return bool(self._pending)

    def has_capability(self, capability: int) -> bool:
        """Return True if the reader reports the capability, given by its number in the standard."""
        level, _ = self._panel.check_capability(0, capability)
        return bool(level)

    def take_events(self) -> Sequence[Mapping[str, Any]]:
        """Return the events since the last call, oldest first: CardRead, KeyPress, Status."""
        events = list(self._events)
        self._events.clear()
        return events

    def _fail_pending(self) -> None:
        while self._pending:
            self._on_completion(0, {}, not _COMPLETED)

    def _on_event(self, _: int, event: dict[str, Any]) -> int:
        copy = dict(event)
        event.clear()  # libosdp never frees this dict
        if copy.get("event") != Event.Notification:
            self._events.append(copy)
        elif copy.get("type") == EventNotification.PeripheralDeviceStatus and not copy.get("arg0"):
            self.failed = True
        return 0

    def _on_completion(self, _: int, __: dict[str, Any], status: int) -> None:
        if self._pending and (done := self._pending.popleft()):
            done(status == _COMPLETED)
