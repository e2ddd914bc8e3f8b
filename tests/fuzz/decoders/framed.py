"""Perimeter hosts, and framed serial lines of several framings, one of them described in YAML."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML

from gateway.model import Signal
from gateway.protocols.framed import decoder as framed
from gateway.protocols.framed.frame_format import FrameFormat
from gateway.protocols.framed.frame_parser import FrameParser
from gateway.protocols.framed.settings import FramedSettings
from gateway.protocols.perimeter import frames
from gateway.protocols.perimeter.event_codes import EVENT_CODES, event_data
from gateway.protocols.perimeter.status import STATUS_LENGTH, read_status, read_time
from tests.fuzz.subject import Feed, Subject, recordable

_ZONE = ZoneInfo("Asia/Shanghai")
_EXAMPLE = Path(__file__).parents[3] / "config/examples/framed_serial.yaml"


def _perimeter() -> Feed:
    decoder = frames.PerimeterDecoder()

    def feed(chunk: bytes) -> None:
        for item in decoder.feed(chunk) if chunk else decoder.reset():
            if isinstance(item, frames.UnreadableBytes):
                continue
            if item.function == frames.EVENT and len(item.payload) == 10 and item.payload[2] in EVENT_CODES:
                at, meaning = read_time(item.payload[4:], _ZONE), EVENT_CODES[item.payload[2]]
                recordable(Signal(device="h", kind=meaning.kind, at=at, data=event_data(meaning, item.payload[3])))
            elif len(item.payload) == STATUS_LENGTH:
                read_status(item.payload)

    return feed


def _perimeter_bodies() -> list[bytes]:
    event = bytes.fromhex("010200070001010226112208000 0".replace(" ", ""))
    return [
        event,
        bytes((1, 0x81, 0, 8)) + bytes(range(STATUS_LENGTH)),
        *(event[:6] + bytes((code,)) + event[7:] for code in (0x11, 0x23, 0x27, 0x31)),
        *(bytes((1, 0x81, 0, 8)) + bytes(4) + b"\0" + bytes((bits,)) * (STATUS_LENGTH - 5) for bits in (0, 0x11)),
        bytes((1, 0x91, 0, 5, 0)),
        bytes((1, 0x81, 0, 9)),
    ]


def _perimeter_frame(body: bytes) -> bytes:
    return frames.PerimeterFrame(body[0], body[1], int.from_bytes(body[2:4]), body[4:]).encode()


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
    "long": {
        "start": "7E",
        "length": {"at": 1, "width": 2, "adjust": 3},
        "longest": 1024,
        "escape": {"byte": "7D", "values": {"01": "7D", "02": "7E"}},
        "checksum": {"kind": "sum16"},
    },
}


def _framing(frame: FrameFormat) -> Feed:
    decoder = framed.FramedDecoder(frame)

    def feed(chunk: bytes) -> None:
        for item in decoder.feed(chunk) if chunk else decoder.reset():
            assert len(item if isinstance(item, bytes) else item.data) <= 2 * 1024

    return feed


def _framed(name: str) -> Subject:
    frame = FrameFormat.model_validate(_FRAMINGS[name])
    room = frame.size - frame.min_size if frame.size else 12
    bodies = [bytes(room), b"1A2 B3 C4 56"[:room], bytes(range(0x78, 0x78 + room))]
    return Subject(
        f"framed-{name}",
        lambda: _framing(frame),
        lambda: bodies,
        seal=lambda body: frame.to_wire(frame.build(body)),
        words=(frame.start or b"\0", frame.end or b"\0", b"\x7d\x7d", b"\x10\x10"),
    )


def _described() -> FramedSettings:
    (entry,) = YAML(typ="safe").load(_EXAMPLE.read_text(encoding="utf-8"))["devices"]
    for key in ("id", "kind", "name", "place", "cadence"):
        del entry[key]
    entry["zones"] = [{key: value for key, value in zone.items() if key != "place"} for zone in entry["zones"]]
    return FramedSettings.model_validate(entry)


def _by_description() -> Feed:
    settings = _described()
    decoder, parser = framed.FramedDecoder(settings.frame), FrameParser(settings)

    def feed(chunk: bytes) -> None:
        for item in decoder.feed(chunk) if chunk else decoder.reset():
            parsed = parser.parse(item) if isinstance(item, bytes) else None
            for event in parsed.events if parsed else ():
                recordable(Signal(device="h", kind=event.kind, at=event.at, source_id=event.source_id, data=event.data))
                parser.mark_committed(event)

    return feed


def subjects() -> Sequence[Subject]:
    host = {"seal": _perimeter_frame, "words": (frames.START,)}
    return [
        Subject("perimeter", _perimeter, _perimeter_bodies, **host),
        *map(_framed, _FRAMINGS),
        Subject("framed-described", _by_description, _perimeter_bodies, **host, holds=1 << 20),
    ]
