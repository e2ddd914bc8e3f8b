"""Serial card readers of every format, the bits of cards, and keypads."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from gateway.errors import BadInput
from gateway.model import Signal
from gateway.protocols.credential import wiegand
from gateway.protocols.credential.card_lines import CardLineDecoder
from gateway.protocols.credential.code_lines import MAX_CODE_BYTES, CodeLineDecoder
from gateway.protocols.credential.credential import Credential
from gateway.protocols.credential.keypad import PinCollector
from tests.fuzz.subject import Feed, Subject, recordable


def _printed(name: str, pattern: str | None = None) -> Feed:
    reader = CardLineDecoder(name, pattern)

    def feed(chunk: bytes) -> None:
        for card in reader.feed(chunk) if chunk else reader.reset():
            if isinstance(card, Credential):
                recordable(Signal(device="r", kind="credential.presented", data=card.data()))

    return feed


_LINES: dict[str, tuple[bytes, ...]] = {
    "decimal": (b"0007233920\r\n", b"12\r"),
    "hex": (b"006E6180\r\n", b"a1b2c3d4e5f6\n"),
    "facility_number": (b"110,24960\r\n", b"1 : 2\r\n"),
    "wiegand26_hex": (b"6E6180\r", b"000000\r\n"),
    "wiegand_bits": (b"10110111001100001100000010\r\n", b"01" * 17 + b"\r\n"),
    "stx_hex": (b"\x0201006E61808E\x03", b"\x0201006E61808F\x03"),
    "pattern": (b"C110-24960\r\n", b"C001-00002\r\n"),
}
_PATTERN = r"C(?P<facility>[0-9]{3})-(?P<number>[0-9]{5})"


def _reader(name: str) -> Subject:
    pattern = _PATTERN if name == "pattern" else None
    return Subject(
        f"reader-{name}", lambda: _printed(name, pattern), lambda: _LINES[name], words=(b"\r", b"\n", b"\x02", b"\x03")
    )


def _wiegand() -> Feed:
    keypad, now = PinCollector(5.0), 0.0

    def feed(data: bytes) -> None:
        nonlocal now
        now += 0.5
        keypad.press(data, now)
        bits = data[0] * 2
        value = wiegand.from_bytes(data[1:], bits)
        for layout in wiegand.FORMATS:
            with suppress(BadInput):
                recordable(
                    Signal(device="r", kind="credential.presented", data=wiegand.decode(value, bits, layout).data())
                )

    return feed


def _codes() -> Feed:
    reader = CodeLineDecoder("QR")

    def feed(chunk: bytes) -> None:
        for code in reader.feed(chunk) if chunk else reader.reset():
            assert isinstance(code, BadInput) or 0 < len(code) <= MAX_CODE_BYTES

    return feed


def subjects() -> Sequence[Subject]:
    cards = [bytes((13,)) + bytes.fromhex("b7306080"), bytes((17,)) + bytes(5), b"\x06123#", bytes((64,)) + bytes(16)]
    codes = (b"QRp1.kT3-xyz_0123456789\r\n", b"QR" + b"x" * 500 + b"\n")
    lines = Subject("reader-codes", _codes, lambda: codes, words=(b"\r", b"\n", b"QR"))
    return [*map(_reader, _LINES), lines, Subject("wiegand", _wiegand, lambda: cards, (BadInput,), whole=True)]
