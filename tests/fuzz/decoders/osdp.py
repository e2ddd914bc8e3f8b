"""OSDP readers: frames out of bytes, and what libosdp makes of answers of malice."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from gateway.errors import BadInput
from gateway.protocols.osdp.events import ReaderEvents
from gateway.protocols.osdp.frames import CRC, REPLY, SECURITY, START, OsdpDecoder, OsdpFrame, add_check
from gateway.protocols.osdp.session import OsdpSession
from gateway.protocols.osdp.settings import OsdpReader
from gateway.protocols.unreadable import UnreadableBytes
from gateway.simulator.osdp import SimulatedReader
from tests.fuzz.subject import Feed, Subject, recordable

ADDRESS = 5
KEY = bytes(range(16))
_ANSWERS = [
    b"\x40",
    b"\x41\x01",
    bytes((0x45, *range(12))),
    bytes((0x46, 4, 1, 1, 8, 1, 0)),
    b"\x48\0\1",
    b"\x79",
    b"\x54" + bytes(14),
    bytes.fromhex("50 00 01 1a 00 b7 30 60 80"),
    b"\x53\0\x04123\x0d",
    b"\x76" + bytes(32),
    b"\x78" + bytes(16),
    b"\x90\1",
]

_NAMED = {"id": "r", "name": "r", "plain": True}
READERS = 128


def _framed(body: bytes) -> bytes:
    """Security block, code and data as a reader's answer; the first byte of a body says which check it has."""
    size = 5 + len(body) - 1 + (2 if body[0] & CRC else 1)
    return add_check(bytes((START, REPLY | ADDRESS, size & 0xFF, size >> 8, body[0] & 0x0F)) + body[1:])


def _bodies() -> list[bytes]:
    return [bytes((CRC | number % 4,)) + answer for number, answer in enumerate(_ANSWERS)] + [
        b"\x01\x40",
        b"\x0c\x02\x15\x40",
    ]


def _framer() -> Feed:
    framer = OsdpDecoder()

    def feed(chunk: bytes) -> None:
        for item in framer.feed(chunk) if chunk else framer.reset():
            if isinstance(item, UnreadableBytes):
                continue
            assert 0 <= item.address < 128
            assert 0 <= item.code < 256
        assert framer.missing >= 0

    return feed


class _Reader:
    """One reader's session. Answers are right until it is up, and what is given from then on."""

    def __init__(self, key: bytes | None) -> None:
        self.session, self._twin = OsdpSession(ADDRESS, key), SimulatedReader(ADDRESS, key)
        self._events, self._now = ReaderEvents(OsdpReader.model_validate({"address": ADDRESS, **_NAMED}), 5.0), 0.0

    def take(self, data: bytes) -> bool:
        """Whether it was asked something that `data` could answer."""
        session = self.session
        if session.failed:
            session.restart()
        up, said = session.up, session.next_frame()
        if not said:
            return False
        right = self._twin.answer(said)
        for frame in OsdpDecoder().feed(right) if not up else [OsdpFrame(_answer(said, right, data))]:
            session.receive(frame)
        self._now += 0.1
        for event in session.take_events():
            with suppress(BadInput):
                recordable(*self._events.handle(event, self._now))
        return up


class _Readers:
    """Many, for libosdp asks each every 50 ms by a clock of its own; so time too decides what becomes of a piece.

    What none of them is asked for is for one whose session is being made.
    """

    def __init__(self, key: bytes | None) -> None:
        self._up, self._rising = deque(_Reader(key) for _ in range(READERS)), OsdpSession(ADDRESS, key)

    def __call__(self, data: bytes) -> None:
        self._up.rotate()
        if not self._up[0].take(data):
            self._begin(data)

    def close(self) -> None:
        for session in (self._rising, *(one.session for one in self._up)):
            session.close()

    def _begin(self, data: bytes) -> None:
        session = self._rising
        said = b"" if session.failed else session.next_frame()
        if said:
            session.receive(OsdpFrame(_answer(said, b"", data)))
        else:
            session.restart()


def _answer(said: bytes, right: bytes, data: bytes) -> bytes:
    """With the sequence number it must have: `data` alone, or put into the right answer where that is encrypted."""
    sequence = OsdpFrame(said.lstrip(b"\xff")).sequence
    if len(right) > 12 and right[4] & SECURITY and data[0] & 0x80:
        at = 5 + data[0] % (len(right) - 7)
        return add_check((right[:at] + data[1:] + right[at + len(data) - 1 :])[: len(right) - 2])
    return _framed(bytes((data[0] & SECURITY | CRC | sequence,)) + data[1:240])


def subjects() -> Sequence[Subject]:
    leaks = 30_000  # libosdp never lets go of an event's dict: see gateway/protocols/osdp/session.py
    return [
        Subject("osdp-frames", _framer, _bodies, seal=_framed, words=(b"\x53", b"\xff\x53", b"\xff" * 9)),
        Subject("osdp-clear", lambda: _Readers(None), _bodies, whole=True, leaks=leaks),
        Subject("osdp-secure", lambda: _Readers(KEY), _bodies, whole=True, leaks=leaks),
    ]
