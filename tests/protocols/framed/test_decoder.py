"""Every sort of framing: whole frames come out however the bytes are cut, and nothing else grows or breaks."""

from __future__ import annotations

import fastcrc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model import Words
from gateway.protocols.framed.checksum import ALGORITHMS, ChecksumSettings
from gateway.protocols.framed.decoder import CHUNK_BYTES, MAX_UNREADABLE, FramedDecoder
from gateway.protocols.framed.frame_format import FrameFormat
from gateway.protocols.unreadable import UnreadableBytes

DLE = {"byte": "10", "xor": "00"}
FRAMINGS = {
    "length": {"start": "AA 55", "length": {"at": 2, "adjust": 4}, "checksum": {"kind": "sum8"}},
    "length_little": {
        "start": "68",
        "length": {"at": 1, "width": 2, "order": "little"},
        "end": "16",
        "checksum": {"kind": "crc16-modbus", "order": "little"},
    },
    "size": {"start": "7E", "size": 9, "checksum": {"kind": "xor8"}},
    "size_without_start": {"size": 9, "checksum": {"kind": "crc16-ccitt"}},
    "end": {"start": "02", "end": "03", "checksum": {"kind": "lrc", "text": True}},
    "hdlc": {"start": "7E", "end": "7E", "escape": {"byte": "7D", "xor": "20"}, "checksum": {"kind": "crc16-kermit"}},
    "table": {
        "start": "7E",
        "end": "7E",
        "escape": {"byte": "7D", "values": {"01": "7D", "02": "7E"}},
        "checksum": {"kind": "xor8"},
    },
    "dle": {"start": "10 02", "end": "10 03", "escape": DLE, "checksum": {"kind": "crc8"}},
    "escaped_length": {
        "start": "7E",
        "length": {"at": 1, "adjust": 3},
        "escape": {"byte": "7D", "xor": "20"},
        "checksum": {"kind": "sum8"},
    },
}
TEXT = st.text("0123456789ABC ", max_size=12).map(str.encode)


def bodies(name: str) -> st.SearchStrategy[bytes]:
    """What may stand between start and checksum, the length's place at its front."""
    frame = FrameFormat.model_validate(FRAMINGS[name])
    if frame.size:
        return st.binary(min_size=frame.size - frame.min_size, max_size=frame.size - frame.min_size)
    if frame.length:
        return st.binary(max_size=40).map(lambda body: bytes(frame.length.width) + body)
    return st.binary(min_size=1, max_size=40) if frame.escape else TEXT.filter(bool)


def read(found: list[bytes | UnreadableBytes]) -> list[bytes]:
    return [item for item in found if isinstance(item, bytes)]


def cut(decoder: FramedDecoder, wire: bytes, data: st.DataObject) -> list[bytes | UnreadableBytes]:
    found: list[bytes | UnreadableBytes] = []
    while wire:
        count = data.draw(st.integers(1, len(wire)))
        found += decoder.feed(wire[:count])
        wire = wire[count:]
    return found


@pytest.mark.parametrize("name", FRAMINGS)
@given(data=st.data())
@settings(max_examples=60)
def test_frames_survive_any_cutting(name: str, data: st.DataObject) -> None:
    frame = FrameFormat.model_validate(FRAMINGS[name])
    sent = [frame.build(body) for body in data.draw(st.lists(bodies(name), max_size=4))]
    wire = b"".join(frame.to_wire(each) for each in sent)
    assert cut(FramedDecoder(frame), wire, data) == sent


@pytest.mark.parametrize("name", FRAMINGS)
@given(data=st.data())
@settings(max_examples=60)
def test_no_byte_is_lost_and_the_frame_after_silence_is_found(name: str, data: st.DataObject) -> None:
    frame = FrameFormat.model_validate(FRAMINGS[name])
    noise = data.draw(st.binary(max_size=300))
    sent = frame.to_wire(frame.build(data.draw(bodies(name))))
    decoder = FramedDecoder(frame)
    found = [*cut(decoder, noise, data), *decoder.reset()]
    by_chance = sum(len(frame.to_wire(each)) for each in read(found))
    rubbish = sum(len(item.data) for item in found if isinstance(item, UnreadableBytes))
    if not frame.escape:
        assert by_chance + rubbish == len(noise)
    assert read(decoder.feed(sent))[-1:] == [read(FramedDecoder(frame).feed(sent))[0]]


@pytest.mark.parametrize("name", FRAMINGS)
@given(chunks=st.lists(st.binary(min_size=50, max_size=400), max_size=12))
@settings(max_examples=30)
def test_any_input_is_handled_in_bounded_memory(name: str, chunks: list[bytes]) -> None:
    frame = FrameFormat.model_validate(FRAMINGS[name])
    decoder = FramedDecoder(frame)
    for chunk in chunks:
        decoder.feed(chunk)
        assert len(decoder._buffer) <= 2 * frame.max_size + CHUNK_BYTES
        assert len(decoder._unreadable) <= MAX_UNREADABLE + 2 * frame.max_size + CHUNK_BYTES
    decoder.reset()
    assert not decoder._buffer
    assert not decoder._unreadable


def test_a_frame_behind_an_incomplete_one_is_found_at_silence() -> None:
    frame = FrameFormat.model_validate(FRAMINGS["length"])
    whole = frame.build(b"\0hello")
    decoder = FramedDecoder(frame)
    half = frame.build(b"\0" + bytes(60))[:7]
    assert decoder.feed(half + whole) == []
    assert decoder.reset() == [UnreadableBytes(Words("一帧中断", "a frame broke off"), half), whole]


@pytest.mark.parametrize(
    ("name", "wire", "why"),
    [
        ("length", b"\xaa\x55\x01\x07\x09", "the checksum should be 08 and is 09"),
        ("length", b"\xaa\x55\xff", "its length says 259 bytes"),
        ("length", b"hello", "no start bytes"),
        ("length_little", b"\x68\x07\x00\x01\x02\x03\x17", "it does not end with the end bytes"),
        ("dle", b"\x10\x02\x01\x10\x05\x10\x03", "10 05 is no escape"),
        ("table", b"\x7e\x01\x7d\x05\x7e", "7D 05 is no escape"),
        ("end", b"\x02" + b"1" * 300, "no end within 256 bytes"),
        ("end", b"\x02\x03", "it is too short"),
    ],
)
def test_reasons_of_unreadable_frames(name: str, wire: bytes, why: str) -> None:
    if name == "dle":
        FRAMINGS["strict"] = {**FRAMINGS["dle"], "escape": {"byte": "10", "values": {"10": "10"}}}
        name = "strict"
    decoder = FramedDecoder(FrameFormat.model_validate(FRAMINGS[name]))
    found = [*decoder.feed(wire), *decoder.reset()]
    assert isinstance(found[0], UnreadableBytes)
    assert str(found[0].why) == why


CHECK = b"123456789"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("sum8", 0xDD),
        ("sum16", 0x01DD),
        ("xor8", 0x31),
        ("lrc", 0x23),
        ("crc8", 0xF4),
        ("crc16-modbus", 0x4B37),
        ("crc16-ccitt", 0x29B1),
        ("crc16-xmodem", 0x31C3),
        ("crc16-kermit", 0x2189),
        ("crc8-maxim-dow", 0xA1),
        ("crc32-iso-hdlc", 0xCBF43926),
    ],
)
def test_checksums_are_those_of_the_catalogue(kind: str, value: int) -> None:
    """Over 123456789, as the catalogue's check values are; the sums by hand."""
    width = ALGORITHMS[kind][0]
    assert ChecksumSettings.model_validate({"kind": kind}).compute(CHECK) == value.to_bytes(width, "big")
    assert ChecksumSettings.model_validate({"kind": kind, "order": "little"}).compute(CHECK) == value.to_bytes(
        width, "little"
    )


def test_every_algorithm_of_the_library_is_available() -> None:
    assert {f"crc16-{name.replace('_', '-')}" for name in fastcrc.crc16.algorithms_available} <= set(ALGORITHMS)
