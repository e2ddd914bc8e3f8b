"""OSDP readers: frames out of bytes, and what libosdp makes of answers of malice."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import BadInput
from gateway.links.osdp.frames import CRC, REPLY, START, Frame, Framer, Unreadable, seal
from gateway.links.osdp.session import Session
from gateway.links.osdp.settings import Reader
from gateway.links.osdp.told import Told
from tests.fuzz.subject import Feed, Subject, recordable

ADDRESS = 5
KEY = bytes(range(16))
_ANSWERS = [
    b"\x40", b"\x41\x01", bytes((0x45, *range(12))), bytes((0x46, 4, 1, 1, 8, 1, 0)), b"\x48\0\1", b"\x79", b"\x54" + bytes(14),
    bytes.fromhex("50 00 01 1a 00 b7 30 60 80"), b"\x53\0\x04123\x0d", b"\x76" + bytes(32), b"\x78" + bytes(16), b"\x90\1",
]  # fmt: skip

_GOOD = {0x61: _ANSWERS[2], 0x62: _ANSWERS[3]}
"""What half of the time is answered when a session begins, so that what comes after is reached."""


def _framed(body: bytes) -> bytes:
    """Security block, code and data as a reader's answer; the first byte of a body says which check it has."""
    size = 5 + len(body) - 1 + (2 if body[0] & CRC else 1)
    return seal(bytes((START, REPLY | ADDRESS, size & 0xFF, size >> 8, body[0] & 0x0F)) + body[1:])


def _bodies() -> list[bytes]:
    return [bytes((CRC | number % 4,)) + answer for number, answer in enumerate(_ANSWERS)] + [b"\x01\x40", b"\x0c\x02\x15\x40"]


def _framer() -> Feed:
    framer = Framer()

    def feed(chunk: bytes) -> None:
        for item in framer.feed(chunk) if chunk else framer.reset():
            if isinstance(item, Unreadable):
                continue
            assert 0 <= item.address < 128
            assert 0 <= item.code < 256
        assert framer.missing >= 0

    return feed


class _Session:
    """Any answer to whatever is asked, in the clear or where a secure channel is due."""

    def __init__(self, key: bytes | None) -> None:
        self._session, self._now = Session(ADDRESS, key), 0.0
        self._told = Told(Reader.model_validate({"address": ADDRESS, "id": "r", "name": "r", "plain": True}), 5.0)

    def __call__(self, data: bytes) -> None:
        session = self._session
        said = b"" if session.fell else session.speak()
        if not said:
            session.restart()
            return
        sequence = Frame(said.lstrip(b"\xff")).sequence
        answer = _GOOD.get(session.asked, data[1:240]) if data[0] < 0x80 else data[1:240]
        body = bytes((data[0] & 0x08 | CRC | sequence,)) + answer
        session.hear(Frame(_framed(body)))
        self._now += 0.1
        for event in session.take():
            recordable(*self._told.take(event, self._now))

    def close(self) -> None:
        self._session.close()


def subjects() -> Sequence[Subject]:
    return [
        Subject("osdp-frames", _framer, _bodies, seal=_framed, words=(b"\x53", b"\xff\x53", b"\xff" * 9)),
        Subject("osdp-clear", lambda: _Session(None), _bodies, (BadInput,), whole=True),
        Subject("osdp-secure", lambda: _Session(KEY), _bodies, (BadInput,), whole=True),
    ]
