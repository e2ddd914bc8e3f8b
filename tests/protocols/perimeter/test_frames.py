"""The decoder of perimeter hosts against every sort of line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Words
from gateway.protocols.perimeter.frames import MAX_PAYLOAD, PerimeterDecoder, PerimeterFrame, crc16
from gateway.protocols.unreadable import UnreadableBytes

frames = st.builds(
    PerimeterFrame,
    address=st.integers(1, 247),
    function=st.integers(0, 255),
    sequence=st.integers(0, 0xFFFF),
    payload=st.binary(max_size=MAX_PAYLOAD) | st.just(b"\xaa\x55\xaa\x55\x01"),
)


def read(found: list) -> list[PerimeterFrame]:
    return [item for item in found if isinstance(item, PerimeterFrame)]


def test_a_frame_as_documented() -> None:
    poll = bytes.fromhex("aa55 01 01 0007 00") + crc16(bytes.fromhex("01 01 0007 00")).to_bytes(2, "little")
    assert PerimeterFrame(1, 1, 7).encode() == poll
    assert PerimeterDecoder().feed(poll) == [PerimeterFrame(1, 1, 7)]


def test_check_is_modbus() -> None:
    assert crc16(b"123456789") == 0x4B37  # the catalogue's check value of CRC-16/MODBUS


@given(st.lists(frames, max_size=5), st.data())
def test_frames_survive_any_cutting(sent: list[PerimeterFrame], data: st.DataObject) -> None:
    decoder, found = PerimeterDecoder(), []
    wire = b"".join(frame.encode() for frame in sent)
    while wire:
        count = data.draw(st.integers(1, len(wire)))
        found += decoder.feed(wire[:count])
        wire = wire[count:]
    assert found == sent


@given(
    st.binary(max_size=200) | st.just(b"\xaa\x55\x01\x02\x00\x00\x40") | st.just(b"\xaa"), frames, st.binary(max_size=5)
)
def test_garbage_around_a_frame(before: bytes, frame: PerimeterFrame, after: bytes) -> None:
    decoder = PerimeterDecoder()
    found = decoder.feed(before + frame.encode() + after) + decoder.reset()
    assert frame in found
    unreadable = sum(len(item.data) for item in found if isinstance(item, UnreadableBytes))
    assert unreadable + sum(len(item.encode()) for item in read(found)) == len(before + frame.encode() + after)


@given(st.lists(frames, min_size=2, max_size=4), st.data())
def test_lost_bytes_destroy_only_their_frame(sent: list[PerimeterFrame], data: st.DataObject) -> None:
    wires = [frame.encode() for frame in sent]
    hit = data.draw(st.integers(0, len(wires) - 1))
    at = data.draw(st.integers(0, len(wires[hit]) - 1))
    wires[hit] = wires[hit][:at] + wires[hit][at + 1 :]
    decoder = PerimeterDecoder()
    found = decoder.feed(b"".join(wires)) + decoder.reset()
    assert [frame for index, frame in enumerate(sent) if index != hit] == [
        frame for frame in read(found) if frame in sent[:hit] + sent[hit + 1 :]
    ][: len(sent) - 1]


@given(st.lists(st.binary(min_size=100, max_size=300), max_size=20))
def test_any_input_is_handled_in_bounded_memory(chunks: list[bytes]) -> None:
    decoder = PerimeterDecoder()
    for chunk in chunks:
        decoder.feed(chunk)
        assert len(decoder._buffer) < 7 + MAX_PAYLOAD + 2
        assert len(decoder._unreadable) <= 512
    decoder.reset()
    assert not decoder._buffer
    assert not decoder._unreadable


def test_a_frame_behind_an_incomplete_one_is_found_at_silence() -> None:
    decoder, frame = PerimeterDecoder(), PerimeterFrame(1, 2, 3, b"hello")
    half = PerimeterFrame(1, 2, 3, bytes(60)).encode()[:7]
    assert decoder.feed(half + frame.encode()) == []
    assert decoder.reset() == [UnreadableBytes(Words("一帧中断", "a frame broke off"), half), frame]
