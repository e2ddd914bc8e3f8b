"""OSDP frames against every sort of line; frames of libosdp's own peripheral among them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Words
from gateway.protocols.osdp.frames import (
    CRC,
    HEADER,
    MAX_FRAME_BYTES,
    MAX_UNREADABLE,
    START,
    OsdpDecoder,
    OsdpFrame,
    add_check,
    crc16,
)
from gateway.protocols.unreadable import UnreadableBytes

# what libosdp 3.2.9 said to each other: a poll for the identity and its answer, a challenge and its answer
RECORDED = [
    "5303090004610020a8",
    "538314000445bebafe0101afbeaddeaddead4ddb",
    "530313000e03110176d764c8cce93255c4760f",
    "53832b000e03120176beba0100afbeadde478d7aa05d83f3ea727246cbdd9235feeea8270b98343cde7621",
]


def made(address: int, control: int, body: bytes) -> OsdpFrame:
    length = HEADER + len(body) + (2 if control & CRC else 1)
    return OsdpFrame(add_check(bytes((START, address, length & 0xFF, length >> 8, control)) + body))


frames = st.builds(
    made,
    address=st.integers(0, 255),
    control=st.integers(0, 7),
    body=st.binary(min_size=1, max_size=MAX_FRAME_BYTES - 7) | st.just(b"\x53\x53\x83\x09\x00\x04"),
)


def read(found: list) -> list[OsdpFrame]:
    return [item for item in found if isinstance(item, OsdpFrame)]


def test_crc_is_the_standards() -> None:
    assert crc16(b"123456789") == 0xE5CC  # the catalogue's check value of CRC-16/SPI-FUJITSU, alias AUG-CCITT


def test_frames_of_libosdp() -> None:
    found = read(OsdpDecoder().feed(b"".join(b"\xff" + bytes.fromhex(one) for one in RECORDED)))
    assert [frame.raw.hex() for frame in found] == RECORDED
    assert [frame.code for frame in found] == [0x61, 0x45, 0x76, 0x76]
    assert [(frame.is_reply, frame.address, frame.sequence) for frame in found[2:]] == [(False, 3, 2), (True, 3, 2)]


def test_a_checksum_instead_of_a_crc() -> None:
    frame = made(0x83, 1, b"\x40")
    assert sum(frame.raw) & 0xFF == 0
    assert OsdpDecoder().feed(frame.raw) == [frame]


@given(st.lists(frames, max_size=5), st.data())
def test_frames_survive_any_cutting(sent: list[OsdpFrame], data: st.DataObject) -> None:
    framer, found = OsdpDecoder(), []
    wire = b"".join(b"\xff" + frame.raw for frame in sent)
    while wire:
        count = data.draw(st.integers(1, len(wire)))
        found += framer.feed(wire[:count])
        wire = wire[count:]
    assert found == sent
    assert not framer.missing


@given(st.binary(max_size=200) | st.just(b"\x53\x83\xff\x00\x04") | st.just(b"\x53"), frames, st.binary(max_size=5))
def test_garbage_around_a_frame(before: bytes, frame: OsdpFrame, after: bytes) -> None:
    framer = OsdpDecoder()
    found = framer.feed(before + frame.raw + after) + framer.reset()
    assert any(frame.raw in item.raw for item in read(found)) or frame in found or _swallowed(found, before, frame)


def _swallowed(found: list, before: bytes, frame: OsdpFrame) -> bool:
    """Chance may make a right frame of garbage and the beginning of ours: its check is 16 bits, or 8."""
    return any(START in before and item != frame for item in read(found))


@given(st.lists(frames, min_size=2, max_size=4), st.data())
def test_a_wrong_bit_destroys_only_its_frame(sent: list[OsdpFrame], data: st.DataObject) -> None:
    hit = data.draw(st.integers(0, len(sent) - 1))
    wires = [bytearray(frame.raw) for frame in sent]
    wires[hit][-1] ^= 1 << data.draw(st.integers(0, 7))
    framer = OsdpDecoder()
    found = read(framer.feed(b"".join(wires)) + framer.reset())
    assert [frame for index, frame in enumerate(sent) if index != hit and frame not in found] == []


@given(st.lists(st.binary(min_size=100, max_size=300), max_size=20))
def test_any_input_is_handled_in_bounded_memory(chunks: list[bytes]) -> None:
    framer = OsdpDecoder()
    for chunk in chunks:
        for item in framer.feed(chunk):
            assert len(item.raw if isinstance(item, OsdpFrame) else item.data) <= MAX_UNREADABLE + MAX_FRAME_BYTES
        assert len(framer._buffer) <= MAX_FRAME_BYTES
        assert len(framer._unreadable) <= MAX_UNREADABLE + MAX_FRAME_BYTES
        assert 0 <= framer.missing <= MAX_FRAME_BYTES
    framer.reset()
    assert not framer._buffer
    assert not framer._unreadable


def test_a_frame_behind_an_incomplete_one_is_found_at_silence() -> None:
    framer, frame = OsdpDecoder(), made(0x83, 4, b"\x40")
    half = bytes((START, 0x83, 60, 0, 4))
    assert framer.feed(half + frame.raw) == []
    assert framer.missing == 60 - len(half + frame.raw)
    assert framer.reset() == [UnreadableBytes(Words("一帧中断", "a frame broke off"), half), frame]


@pytest.mark.parametrize("noise", [b"\xff" * 300, b""])
def test_mark_bytes_are_not_reported(noise: bytes) -> None:
    framer = OsdpDecoder()
    assert framer.feed(noise) + framer.reset() == []


def test_a_frame_with_a_wrong_check_reveals_no_pin() -> None:
    framer = OsdpDecoder()
    keys = bytearray(made(0x83, 4, b"\x53\x00\x04" + b"1234").raw)  # osdp_KEYPAD: a PIN in the clear
    keys[-1] ^= 1
    found = framer.feed(bytes(keys)) + framer.reset()
    assert found[0] == UnreadableBytes(
        Words("14 字节的一帧校验不对", "a frame of 14 bytes with a wrong check"), bytes(keys[:HEADER])
    )
    assert not any(digit in item.data for item in found if isinstance(item, UnreadableBytes) for digit in b"1234")
