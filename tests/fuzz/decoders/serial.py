"""What comes over serial lines: perimeter hosts, framed lines, Modbus, OSDP, card readers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pymodbus.framer import FramerRTU
from ruamel.yaml import YAML

from gateway.errors import BadInput
from gateway.links.credential import wiegand
from gateway.links.credential.credential import Credential
from gateway.links.credential.keypad import Keypad
from gateway.links.credential.printed import PATTERNS, Printed
from gateway.links.framed import decoder as framed
from gateway.links.framed.frame import Frame
from gateway.links.framed.reader import Reader
from gateway.links.framed.settings import FramedSettings
from gateway.links.modbus.frames import Framing, Rtu, Tcp
from gateway.links.modbus.request import Echo, Read, Table, Write
from gateway.links.perimeter import wire
from gateway.links.perimeter.meanings import MEANINGS, details_of
from gateway.links.perimeter.status import STATUS_LENGTH, read_status, read_time
from gateway.model import Signal
from tests.fuzz.subject import Feed, Subject, recordable

_ZONE = ZoneInfo("Asia/Shanghai")
_EXAMPLE = Path(__file__).parents[3] / "config/examples/framed_serial.yaml"


def _perimeter() -> Feed:
    decoder = wire.Decoder()

    def feed(chunk: bytes) -> None:
        for item in decoder.feed(chunk) if chunk else decoder.reset():
            if isinstance(item, wire.Unreadable):
                continue
            if item.function == wire.EVENT and len(item.payload) == 10 and item.payload[2] in MEANINGS:
                at, meaning = read_time(item.payload[4:], _ZONE), MEANINGS[item.payload[2]]
                recordable(Signal(device="h", kind=meaning.kind, at=at, data=details_of(meaning, item.payload[3])))
            elif len(item.payload) == STATUS_LENGTH:
                read_status(item.payload)

    return feed


def _perimeter_bodies() -> list[bytes]:
    event = bytes.fromhex("010200070001010226112208000 0".replace(" ", ""))
    return [event, bytes((1, 0x81, 0, 8)) + bytes(range(STATUS_LENGTH)), bytes((1, 0x91, 0, 5, 0)), bytes((1, 0x81, 0, 9))]


def _perimeter_frame(body: bytes) -> bytes:
    return wire.Frame(body[0], body[1], int.from_bytes(body[2:4]), body[4:]).encode()


_CRC = {"kind": "crc16-modbus", "order": "little"}
_FRAMINGS: dict[str, dict[str, Any]] = {
    "length": {"start": "AA 55", "length": {"at": 2, "adjust": 4}, "checksum": {"kind": "sum8"}},
    "length16": {"start": "68", "length": {"at": 1, "width": 2, "order": "little"}, "end": "16", "checksum": _CRC},
    "size": {"start": "7E", "size": 9, "checksum": {"kind": "xor8"}},
    "no-start": {"size": 9, "checksum": {"kind": "crc16-ccitt"}},
    "text": {"start": "02", "end": "03", "checksum": {"kind": "lrc", "text": True}},
    "lines": {"start": "'$'", "end": "0D 0A", "longest": 82},
    "hdlc": {"start": "7E", "end": "7E", "escape": {"byte": "7D", "xor": "20"}, "checksum": {"kind": "crc16-kermit"}},
    "dle": {"start": "10 02", "end": "10 03", "escape": {"byte": "10", "xor": "00"}, "checksum": {"kind": "crc8"}},
    "long": {"start": "7E", "length": {"at": 1, "width": 2, "adjust": 3}, "longest": 1024,
             "escape": {"byte": "7D", "values": {"01": "7D", "02": "7E"}}, "checksum": {"kind": "sum16"}},
}  # fmt: skip


def _framing(frame: Frame) -> Feed:
    decoder = framed.Decoder(frame)

    def feed(chunk: bytes) -> None:
        for item in decoder.feed(chunk) if chunk else decoder.reset():
            assert len(item if isinstance(item, bytes) else item.data) <= 2 * 1024

    return feed


def _framed(name: str) -> Subject:
    frame = Frame.model_validate(_FRAMINGS[name])
    room = frame.size - frame.least if frame.size else 12
    bodies = [bytes(room), b"1A2 B3 C4 56"[:room], bytes(range(0x78, 0x78 + room))]
    return Subject(
        f"framed-{name}", lambda: _framing(frame), lambda: bodies, seal=lambda body: frame.sent(frame.whole(body)),
        words=(frame.start or b"\0", frame.end or b"\0", b"\x7d\x7d", b"\x10\x10"),
    )  # fmt: skip


def _described() -> FramedSettings:
    (entry,) = YAML(typ="safe").load(_EXAMPLE.read_text(encoding="utf-8"))["devices"]
    for key in ("id", "kind", "name", "place", "cadence"):
        del entry[key]
    entry["zones"] = [{key: value for key, value in zone.items() if key != "place"} for zone in entry["zones"]]
    return FramedSettings.model_validate(entry)


def _by_description() -> Feed:
    settings = _described()
    decoder, reader = framed.Decoder(settings.frame), Reader(settings)

    def feed(chunk: bytes) -> None:
        for item in decoder.feed(chunk) if chunk else decoder.reset():
            heard = reader.read(item) if isinstance(item, bytes) else None
            for tell in heard.tells if heard else ():
                recordable(Signal(device="h", kind=tell.kind, at=tell.at, source_id=tell.source_id, data=tell.data))
                reader.committed(tell)

    return feed


_READS = (Read(Table.DISCRETE, 0, 12), Read(Table.HOLDING, 0, 3), Write(4, on=True), Echo(7))
_PDUS = (b"\x02\x02\x0f\x03", b"\x03\x06\0\1\0\2\xff\0", b"\x05\0\4\xff\0", b"\x08\0\0\0\7", b"\x83\2", b"\x01\xfa" + bytes(250))


def _modbus(make: Callable[[], Framing]) -> Feed:
    framing = make()

    def feed(chunk: bytes) -> None:
        if not chunk:
            framing.silence()
        for frame in framing.feed(chunk):
            for request in _READS:
                if request.is_answer(frame.pdu) and isinstance(request, Read):
                    request.bits(frame.pdu)
            assert frame.pdu[0] >= 0
        assert len(framing.rubbish()) <= 256

    return feed


def _rtu(body: bytes) -> bytes:
    return body + FramerRTU.compute_CRC(body).to_bytes(2)


def _tcp(body: bytes) -> bytes:
    return b"\0\7\0\0" + len(body).to_bytes(2) + body


def _printed(name: str, pattern: str | None = None) -> Feed:
    reader = Printed(name, pattern)

    def feed(chunk: bytes) -> None:
        for card in reader.feed(chunk) if chunk else reader.reset():
            if isinstance(card, Credential):
                recordable(Signal(device="r", kind="credential.presented", data=card.data()))

    return feed


_LINES: dict[str, tuple[bytes, ...]] = {
    "decimal": (b"0007233920\r\n", b"12\r"), "hex": (b"006E6180\r\n", b"a1b2c3d4e5f6\n"),
    "facility_number": (b"110,24960\r\n", b"1 : 2\r\n"), "wiegand26_hex": (b"6E6180\r", b"000000\r\n"),
    "wiegand_bits": (b"10110111001100001100000010\r\n", b"01" * 17 + b"\r\n"),
    "stx_hex": (b"\x0201006E61808E\x03", b"\x0201006E61808F\x03"), "pattern": (b"C110-24960\r\n", b"C001-00002\r\n"),
}  # fmt: skip
_PATTERN = r"C(?P<facility>[0-9]{3})-(?P<number>[0-9]{5})"


def _reader(name: str) -> Subject:
    pattern = _PATTERN if name == "pattern" else None
    return Subject(
        f"reader-{name}", lambda: _printed(name, pattern), lambda: _LINES[name], words=(b"\r", b"\n", b"\x02", b"\x03")
    )


def _wiegand() -> Feed:
    keypad, now = Keypad(5.0), 0.0

    def feed(data: bytes) -> None:
        nonlocal now
        now += 0.5
        keypad.press(data, now)
        bits = data[0] * 2
        value = wiegand.from_bytes(data[1:], bits)
        for layout in wiegand.FORMATS:
            with suppress(BadInput):
                recordable(Signal(device="r", kind="credential.presented", data=wiegand.decode(value, bits, layout).data()))

    return feed


def subjects() -> Sequence[Subject]:
    cards = [bytes((13,)) + bytes.fromhex("b7306080"), bytes((17,)) + bytes(5), b"\x06123#", bytes((64,)) + bytes(16)]
    return [
        Subject("perimeter", _perimeter, _perimeter_bodies, seal=_perimeter_frame, words=(wire.START,)),
        *map(_framed, _FRAMINGS),
        Subject("framed-described", _by_description, _perimeter_bodies, seal=_perimeter_frame, words=(wire.START,), holds=1 << 20),
        Subject("modbus-rtu", lambda: _modbus(Rtu), lambda: [b"\x05" + pdu for pdu in _PDUS], seal=_rtu),
        Subject("modbus-tcp", lambda: _modbus(Tcp), lambda: [b"\x05" + pdu for pdu in _PDUS], (BadInput,), _tcp),
        *map(_reader, [*PATTERNS, "pattern"]),
        Subject("wiegand", _wiegand, lambda: cards, (BadInput,), whole=True),
    ]
