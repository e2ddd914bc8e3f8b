"""Alarm panels over IP: DC-09 from the frame to the event, in the clear and encrypted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from gateway.model import Signal
from gateway.protocols.dc09 import events
from gateway.protocols.dc09.acceptance import AcceptedMessage, accept_or_reject
from gateway.protocols.dc09.frame import MAX_FRAME_BYTES, Dc09Decoder, wrap
from gateway.protocols.dc09.message import write_time
from gateway.protocols.dc09.sequence import SequenceTracker
from gateway.protocols.unreadable import UnreadableBytes
from tests.fuzz.subject import Feed, Subject, recordable

NOW = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)
_KEYS = {"1111": b"A" * 16, "24AB": b"B" * 24, "AAAB": b"C" * 32, "1234": None}
_TIME = write_time(NOW)
_CLEAR = [
    b'"ADM-CID"0007R12L0#1234[#1234|1130 01 015]' + _TIME,
    b'"ADM-CID"0008L0#1234[#1234|3301 00 000][MAC0123]' + _TIME,
    b'"SIA-DCS"0009L0#1234[#1234|Nri1/BA015^hall^/FA2*x*/TR1|Atext][H07:59:50,11-22-2026][IZone 3][Kabc]' + _TIME,
    b'"SIA-DCS"9876R579BDFL789ABC#12345A[#12345A|NFA129]',
    b'"NULL"0000R0L0#1234[]',
    b'"SIA-DCS"0010L0[#1234|Nti19:44/id1/ri4/RP]',
    b'"NULL"0011R0L0#1111[]',
]
_SEALED = [
    (account, token, text + _TIME)
    for account in (b"1111", b"24AB", b"AAAB")
    for token, text in (
        (b"ADM-CID", b"|#%s|1130 01 015]" % account),
        (b"SIA-DCS", b"|#%s|Nri1/BA015^hall^/FA2][IZone 3]" % account),
        (b"NULL", b"|]"),
    )
]
_CODES = (
    b"Nri1/",
    b"1130 01 015",
    b"#1234|",
    b"][",
    b"]_08:00:00,11-22-2026",
    b"]_29:99:99,02-30-0000",
    b"|A",
    b"*",
    b"^",
    b"/",
)


def _dc09() -> Feed:
    decoder, repeats = Dc09Decoder(), SequenceTracker()

    def feed(chunk: bytes) -> None:
        for item in decoder.feed(chunk) if chunk else decoder.close():
            verdict = None if isinstance(item, UnreadableBytes) else accept_or_reject(item, _KEYS, NOW)
            if isinstance(verdict, AcceptedMessage):
                message = verdict.message
                repeats.is_new(message)
                for event in events.parse_events(message) or [events.unreadable_event(message)]:
                    data, source = dict(event.data), f"{message.header.line}.{message.header.sequence}"
                    recordable(Signal(device="p", kind=event.kind, at=message.occurred_at, source_id=source, data=data))
                assert verdict.ack(NOW).endswith(b"\r")
            elif verdict is not None:
                assert verdict.reply.endswith(b"\r")

    return feed


def _sealed(body: bytes) -> bytes:
    """`account token text` → its frame by the account's key; the same text has the same padding."""
    account, token, text = body.split(b" ", 2)
    key = _KEYS.get(account.decode("latin-1")) or b"D" * 16
    encryptor = Cipher(AES(key), CBC(bytes(16))).encryptor()
    clear = b"p" * (16 - len(text) % 16) + text
    hexed = (encryptor.update(clear) + encryptor.finalize()).hex().upper().encode()
    return wrap(b'"*%s"0007L0#%s[%s' % (token, account, hexed))


def subjects() -> Sequence[Subject]:
    def sealed() -> list[bytes]:
        return [b" ".join(each) for each in _SEALED]

    room = 2 * MAX_FRAME_BYTES + (64 << 10)
    return [
        Subject("dc09", _dc09, lambda: _CLEAR, seal=wrap, words=_CODES, holds=room),
        Subject("dc09-sealed", _dc09, sealed, seal=_sealed, words=_CODES, holds=room),
    ]
