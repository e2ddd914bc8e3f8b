"""Frames: the standard's own, cut anywhere, with garbage around them, and bytes that are none."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Words
from gateway.protocols.dc09.frame import MAX_FRAME_BYTES, Dc09Decoder, checksum, wrap
from gateway.protocols.unreadable import UnreadableBytes

STANDARD = [
    b'\nCE110032"SIA-DCS"9876R579BDFL789ABC#12345A[#12345A|NFA129]\r',
    b'\n87CD0037"ADM-CID"9876R579BDFL789ABC#12345A[#12345A|1110 00 129]\r',
]
"""Of the examples in the standard's annex."""
PANELS = [
    b'\nF92F0043"ADM-CID"0020R7896L7896#3456[#3456|1407 00 001]_17:01:14,07-26-2024\r',
    b'\nD730002F"NULL"0000R7896L7896#3456[]_17:01:26,07-26-2024\r',
    b'\n9EC40027"ADM-CID"0001L0#1002[#1002|1602 00 001]\r',
    b'\nE4410025"NAK"0000R0L0A0[]_16:20:01,09-24-2025\r',
]
"""Recorded by others, of panels and receivers that are not ours."""
bodies = st.binary(max_size=300).map(lambda data: b'"T"' + data.replace(b"\r", b"").replace(b"\n", b""))


def bodies_of(items: Iterable[bytes | UnreadableBytes]) -> list[bytes]:
    return [item for item in items if isinstance(item, bytes)]


def test_checksum_is_arc() -> None:
    assert checksum(b"123456789") == 0xBB3D  # the catalogue's check value of CRC-16/ARC


@pytest.mark.parametrize("frame", STANDARD + PANELS)
def test_frames_of_other_senders(frame: bytes) -> None:
    (body,) = Dc09Decoder().feed(frame)
    assert body == frame[9:-1]
    assert wrap(body) == frame


@given(st.lists(bodies, max_size=5), st.data())
def test_frames_survive_any_cutting(sent: list[bytes], data: st.DataObject) -> None:
    decoder, found = Dc09Decoder(), []
    wire = b"".join(map(wrap, sent))
    while wire:
        count = data.draw(st.integers(1, len(wire)))
        found += decoder.feed(wire[:count])
        wire = wire[count:]
    assert found == sent


@given(st.binary(max_size=200), bodies, st.binary(max_size=20))
def test_garbage_around_a_frame(before: bytes, body: bytes, after: bytes) -> None:
    decoder = Dc09Decoder()
    found = [*decoder.feed(before + wrap(body) + after), *decoder.close()]
    assert body in found


@given(st.lists(bodies, min_size=2, max_size=4), st.data())
def test_a_flipped_bit_destroys_only_its_frame(sent: list[bytes], data: st.DataObject) -> None:
    wires = [bytearray(wrap(body)) for body in sent]
    hit = data.draw(st.integers(0, len(wires) - 1))
    wires[hit][data.draw(st.integers(1, len(wires[hit]) - 2))] ^= 1 << data.draw(st.integers(0, 6))
    found = bodies_of(Dc09Decoder().feed(b"".join(wires)))
    for index, body in enumerate(sent):
        assert index == hit or body in found


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (b'\n00000032"SIA-DCS"9876R579BDFL789ABC#12345A[#12345A|NFA129]\r', "its checksum is 0000 and should be CE11"),
        (b'\nCE110033"SIA-DCS"9876R579BDFL789ABC#12345A[#12345A|NFA129]\r', "its length says 51 and 50 came"),
        (b"\nGET / HTTP/1.1\r", "no checksum and length at its beginning"),
    ],
)
def test_reasons_of_unreadable_frames(frame: bytes, why: str) -> None:
    (found,) = Dc09Decoder().feed(frame)
    assert isinstance(found, UnreadableBytes)
    assert str(found.why) == why


@given(st.lists(st.binary(min_size=500, max_size=4096), max_size=8))
def test_any_input_is_handled_in_bounded_memory(chunks: list[bytes]) -> None:
    decoder = Dc09Decoder()
    for chunk in chunks:
        list(decoder.feed(chunk))
        assert len(decoder._buffer) <= MAX_FRAME_BYTES + 1
    list(decoder.close())
    assert not decoder._buffer


def test_a_frame_is_found_in_an_endless_line() -> None:
    decoder = Dc09Decoder()
    begun = wrap(STANDARD[0][9:-1])
    lost = list(decoder.feed(b"x" * 5000 + begun[:20]))
    assert [len(item.data) for item in lost if isinstance(item, UnreadableBytes)] == [5000]
    assert bodies_of(decoder.feed(begun[20:])) == [STANDARD[0][9:-1]]


def test_an_incomplete_frame_at_the_end_is_reported() -> None:
    decoder = Dc09Decoder()
    assert list(decoder.feed(STANDARD[0][:-2])) == []
    assert list(decoder.close()) == [
        UnreadableBytes(Words("一帧没有结尾", "a frame without its end"), STANDARD[0][:-2])
    ]


def crc_of(body: bytes) -> bytes:
    return checksum(body).to_bytes(2, "big")


def with_checksum(*expected: int) -> bytes:
    """A body whose checksum holds these bytes."""
    bodies = (b'"ADM-CID"%04dL0#1234[#1234|1130 01 013]' % number for number in range(9999))
    return next(body for body in bodies if set(expected) <= set(crc_of(body)))


BODY = b'"ADM-CID"1447R01L01#0001[#0001|1130 01 013][S13]_04:45:01,08-30-2014'
OTHERS = {
    "two raw bytes": b"\n\x57\xc70044%s\r" % BODY,
    "two raw bytes the other way round": b"\n\xc7\x570044%s\r" % BODY,
    "two raw bytes and no length": b"\n\x57\xc7%s\r" % BODY,
    "lower-case": b"\n57c70044%s\r" % BODY,
    "no length": b"\n57C7%s\r" % BODY,
    "three digits of length": b"\n57C7044%s\r" % BODY,
    "two digits of length": b"\n57C744%s\r" % BODY,
    "the checksum's bytes the other way round": b"\nC7570044%s\r" % BODY,
    "ended by LF": b"\n57C70044%s\n" % BODY,
    "ended by LF, without a length": b"\n57C7%s\n" % BODY,
    "ended by CR LF": b"\n57C70044%s\r\n" % BODY,
    "ended by nothing": b"\n57C70044%s" % BODY,
    "ended by nothing, without a length": b"\n57C7%s" % BODY,
    "begun by nothing": b"57C70044%s\r" % BODY,
    "begun by CR LF": b"\r\n57C70044%s\r" % BODY,
    "padded with zeros": b"\0\0\n57C70044%s\r\0\0" % BODY,
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("step", [1, 7, 4096])
def test_frame_variants_of_panels(name: str, step: int) -> None:
    """The second frame shows that nothing of the first is left."""
    wire = OTHERS[name] + OTHERS[name] + STANDARD[0]
    decoder = Dc09Decoder()
    found = [item for at in range(0, len(wire), step) for item in decoder.feed(wire[at : at + step])]
    assert found == [BODY, BODY, STANDARD[0][9:-1]]
    assert list(decoder.close()) == []


@pytest.mark.parametrize("expected", [(0x0A,), (0x0D,), (0x0A, 0x22), (0x0D, 0x22), (0x22,), (0x00,), (0x0A, 0x30)])
@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("step", [1, 3, 4096])
def test_a_raw_checksum_may_hold_any_byte(expected: tuple[int, ...], order: int, step: int) -> None:
    body = with_checksum(*expected)
    wire = b"\n%s%04X%s\r" % (crc_of(body)[::order], len(body), body) * 3
    decoder = Dc09Decoder()
    assert [item for at in range(0, len(wire), step) for item in decoder.feed(wire[at : at + step])] == [body] * 3


@pytest.mark.parametrize("length", [b"%04X", b"%03X", b"%02X", b""])
def test_a_raw_checksum_may_look_like_digits(length: bytes) -> None:
    """One in 140 does, and a panel sends the same frame until it is answered."""
    bodies = (b'"ADM-CID"%04dL0#1234[#1234|1130 01 013]' % number for number in range(9999))
    body = next(body for body in bodies if all(byte in b"0123456789ABCDEF" for byte in crc_of(body)))
    frame = b"\n%s%s%s\r" % (crc_of(body), length % len(body) if length else b"", body)
    assert list(Dc09Decoder().feed(frame + STANDARD[0])) == [body, STANDARD[0][9:-1]]


def test_a_raw_checksum_without_a_length_may_hold_the_end() -> None:
    body = with_checksum(0x0D)
    assert list(Dc09Decoder().feed(b"\n%s%s\r" % (crc_of(body), body) + STANDARD[0])) == [body, STANDARD[0][9:-1]]


@pytest.mark.parametrize("name", OTHERS)
@given(st.data())
def test_a_wrong_checksum_is_never_accepted(name: str, data: st.DataObject) -> None:
    wire = bytearray(OTHERS[name])
    at = data.draw(st.integers(wire.index(b'"'), wire.rindex(b"2014") + 3))
    wire[at] ^= 1 << data.draw(st.integers(0, 6))
    assert BODY not in bodies_of([*(decoder := Dc09Decoder()).feed(bytes(wire)), *decoder.close()])
    assert [item for item in Dc09Decoder().feed(bytes(wire) + b"\r") if isinstance(item, bytes)] == []


def test_many_frame_heads_take_little_time() -> None:
    decoder, started = Dc09Decoder(), time.process_time()
    for junk in (b'\nAB"', b'\nABCD"\n', b"\n\r", b"\n" * 4, b'\n1234"'):
        for _ in range(20):
            list(decoder.feed(junk * (4096 // len(junk))))
        list(decoder.feed(b"\r"))
    assert time.process_time() - started < 10, "it took a tenth of that where it was tried"
