"""One reader's libosdp, in memory: frames and commands in, frames and events out. No I/O, no clock of its own.

libosdp's own clock decides only that it polls again 50 ms after the last answer at the earliest; whoever calls
`speak` decides the rest. Of libosdp 3.2.9:

- a call-back must not raise: what it raises surfaces as SystemError of a later call;
- the dict handed to the event call-back is never let go of, so it is emptied here: what stays is 64 bytes a card;
- its Python class ControlPanel keeps every event in a queue that nobody empties: the extension's own is used;
- a command that waits for its answer can't be given up, but a broken answer ends it (`restart`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import osdp_sys
from osdp import Command, Event, EventNotification, LibFlag, LogLevel, PDInfo, StatusReportType

from gateway.protocols.osdp.frames import CRC, REPLY, START, OsdpFrame

CompletionCallback = Callable[[bool], None]
"""Told whether the reader took the command."""
MAX_PENDING = 8
"""Commands to a reader: libosdp's own queue has no end."""
_COMPLETED = 0
_STEPS = 4
"""Refreshes within which libosdp says what it has to: it settles the last answer, wakes, and sends."""
_NAK, _BUSY = 0x41, 0x79
_ANSWERS = {
    0x61: {0x45},  # its identity
    0x62: {0x46},  # its capabilities
    0x76: {0x76},  # a challenge
    0x77: {0x78},  # our cryptogram
}
"""What may answer these. Of anything else libosdp would complain on stderr, line by line."""
_OTHERWISE = frozenset({0x40, 0x48, 0x49, 0x4A, 0x4B, 0x50, 0x51, 0x53, 0x90})
STATUS_COMMAND = {"command": Command.Status, "type": StatusReportType.Local}


class _MemoryChannel:
    """libosdp's two ends of a wire that is a pair of buffers."""

    id = 1

    def __init__(self) -> None:
        self.into = b""
        self.out = b""

    def read(self, limit: int) -> bytes:
        taken, self.into = self.into[:limit], self.into[limit:]
        return taken

    def write(self, data: bytes) -> int:
        self.out += data
        return len(data)

    def flush(self) -> None:
        self.into = b""


class OsdpSession:
    """`key` is the reader's own (SCBK, 16 bytes); None speaks in the clear.

    With `install` a reader that has no key yet is spoken to by the standard's default key and given this one.
    """

    def __init__(self, address: int, key: bytes | None, *, install: bool = False) -> None:
        self.address = address
        self.events: deque[Mapping[str, Any]] = deque()
        """What the reader told, oldest first: CardRead, KeyPress, Status. Whoever takes them empties it."""
        self.fell = False
        """libosdp gave the session up; it goes on by `restart`."""
        self.asked = 0
        """The code of the last command sent: how far a session came that fell."""
        self._secure = key is not None
        self._broken = bytes((START, REPLY | address, 8, 0, CRC, 0, 0, 0))
        """A frame with a wrong check, which makes libosdp drop what it waits for."""
        self._waiting: deque[CompletionCallback | None] = deque()
        self._ends = _MemoryChannel()
        flags = [LibFlag.EnableNotification] + ([LibFlag.EnforceSecure] if key and not install else [])
        osdp_sys.set_loglevel(LogLevel.Emergency)  # it writes to stderr by itself
        self._panel = osdp_sys.ControlPanel(
            [PDInfo(address, self._ends, scbk=key, name=f"reader {address}", flags=flags).get()]
        )
        self._panel.set_event_callback(self._happened)
        self._panel.set_command_completion_callback(self._completed)

    def close(self) -> None:
        """Let libosdp go: it and its call-backs hold each other, and Python can't see that."""
        self._panel.flush_commands(0)
        self._give_up()
        self._panel = None
        self._ends.flush()

    @property
    def up(self) -> bool:
        """Whether the reader answers, and by the secure channel where it has a key."""
        return bool(self._panel.sc_status() if self._secure else self._panel.status())

    @property
    def reachable(self) -> bool:
        """Whether it answers at all, secure or not."""
        return bool(self._panel.status())

    def speak(self) -> bytes:
        """The frame to send now; empty when it is not time, or the session fell."""
        self._ends.out = b""
        for _ in range(_STEPS):
            self._panel.refresh()
            if self._ends.out:
                said = self._ends.out
                self.asked = OsdpFrame(said.lstrip(b"\xff")).code
                return said
        return b""

    def hear(self, frame: OsdpFrame) -> None:
        """The answer to what was said last; one that is none to that ends the session."""
        expected = frame.code in _ANSWERS.get(self.asked, _OTHERWISE) | {_NAK, _BUSY}
        self._ends.into = frame.raw if expected else self._broken
        self._panel.refresh()
        self._ends.into = b""

    def restart(self) -> None:
        """Begin anew, from the reader's identity on. Commands that wait are told that they failed."""
        self._ends.into = self._broken
        self._panel.refresh()
        self._ends.into = b""
        self._panel.flush_commands(0)
        self._panel.disable_pd(0)
        self._panel.refresh()
        self._panel.enable_pd(0)
        self._panel.refresh()
        self._give_up()
        self._ends.out = b""
        self.fell = False

    def submit(self, command: Mapping[str, Any], done: CompletionCallback | None = None) -> bool:
        """Have it said next. False when the reader is not up, or too many wait already."""
        if not self.up or len(self._waiting) >= MAX_PENDING or not self._panel.submit_command(0, dict(command)):
            return False
        self._waiting.append(done)
        return True

    @property
    def busy(self) -> bool:
        """Whether a command waits to be said or answered."""
        return bool(self._waiting)

    def can(self, capability: int) -> bool:
        """Whether the reader says that it has one (a capability by its number in the standard)."""
        level, _ = self._panel.check_capability(0, capability)
        return bool(level)

    def take(self) -> Sequence[Mapping[str, Any]]:
        """The events that came, and forget them."""
        taken = list(self.events)
        self.events.clear()
        return taken

    def _give_up(self) -> None:
        while self._waiting:
            self._completed(0, {}, not _COMPLETED)

    def _happened(self, _: int, event: dict[str, Any]) -> int:
        told = dict(event)
        event.clear()
        if told.get("event") != Event.Notification:
            self.events.append(told)
        elif told.get("type") == EventNotification.PeripheralDeviceStatus and not told.get("arg0"):
            self.fell = True
        return 0

    def _completed(self, _: int, __: dict[str, Any], status: int) -> None:
        if self._waiting and (done := self._waiting.popleft()):
            done(status == _COMPLETED)
