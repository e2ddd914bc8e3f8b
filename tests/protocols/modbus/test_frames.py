"""Frames against every sort of line: pymodbus writes them, chance breaks them."""

from __future__ import annotations

import random
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsResponse, ReadDiscreteInputsResponse, WriteSingleCoilResponse
from pymodbus.pdu.register_message import ReadHoldingRegistersResponse

from gateway.errors import BadInput
from gateway.protocols.modbus.frames import MAX_RTU_BYTES, ModbusFrame, RtuFramer, TcpFramer
from gateway.protocols.modbus.request import EchoRequest, ReadRequest, Table, WriteCoilRequest

bits = st.lists(st.booleans(), min_size=1, max_size=200)
pdus = st.one_of(
    st.builds(ReadCoilsResponse, bits=bits),
    st.builds(ReadDiscreteInputsResponse, bits=bits),
    st.builds(ReadHoldingRegistersResponse, registers=st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=125)),
    st.builds(
        WriteSingleCoilResponse, address=st.integers(0, 0xFFFF), bits=st.lists(st.booleans(), min_size=1, max_size=1)
    ),
    st.builds(ExceptionResponse, st.sampled_from([1, 2, 3, 5]), st.integers(1, 11)),
)
answers = st.tuples(st.integers(1, 247), pdus)


def body(pdu: ModbusPDU) -> bytes:
    return bytes((pdu.function_code,)) + pdu.encode()


def written(unit: int, pdu: ModbusPDU, number: int | None = None) -> bytes:
    """As pymodbus's server writes it."""
    pdu.dev_id, pdu.transaction_id = unit, number or 0
    decoder = DecodePDU(is_server=True)
    return (FramerRTU(decoder) if number is None else FramerSocket(decoder)).buildFrame(pdu)


def in_pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    at = sorted({cut % (len(data) + 1) for cut in cuts})
    return [data[a:b] for a, b in zip([0, *at], [*at, len(data)], strict=True)]


@given(st.lists(answers, max_size=6), st.lists(st.integers(0, 10_000), max_size=20))
def test_rtu_reads_what_pymodbus_writes_however_it_arrives(sent: list, cuts: list[int]) -> None:
    framer, wire = RtuFramer(), b"".join(written(unit, pdu) for unit, pdu in sent)
    found = [frame for piece in in_pieces(wire, cuts) for frame in framer.feed(piece)]
    assert found == [ModbusFrame(unit, body(pdu)) for unit, pdu in sent]
    assert framer.take_garbage() == b""


@given(st.binary(max_size=40), answers, st.binary(max_size=300))
def test_rtu_finds_a_frame_behind_noise_once_the_line_was_silent(noise: bytes, sent, more: bytes) -> None:
    framer = RtuFramer()
    framer.feed(noise)
    framer.line_idle()
    unit, pdu = sent
    assert framer.feed(written(unit, pdu))[-1:] == [ModbusFrame(unit, body(pdu))]
    framer.feed(more)
    assert len(framer._buffer) <= MAX_RTU_BYTES


@given(answers, st.integers(0, 10_000), st.integers(1, 255))
def test_rtu_takes_no_broken_frame(sent, at: int, flip: int) -> None:
    unit, pdu = sent
    broken = bytearray(written(unit, pdu))
    broken[at % len(broken)] ^= flip
    assert ModbusFrame(unit, body(pdu)) not in RtuFramer().feed(bytes(broken))


@given(st.lists(st.tuples(answers, st.integers(1, 0xFFFF)), max_size=6), st.lists(st.integers(0, 10_000), max_size=20))
def test_tcp_reads_what_pymodbus_writes_however_it_arrives(sent: list, cuts: list[int]) -> None:
    framer = TcpFramer()
    wire = b"".join(written(unit, pdu, number) for (unit, pdu), number in sent)
    found = [frame for piece in in_pieces(wire, cuts) for frame in framer.feed(piece)]
    assert found == [ModbusFrame(unit, body(pdu), number) for (unit, pdu), number in sent]


@given(st.lists(st.binary(max_size=600), max_size=10))
def test_tcp_says_that_something_else_is_spoken(pieces: list[bytes]) -> None:
    framer = TcpFramer()
    for piece in pieces:
        with suppress(BadInput):
            framer.feed(piece)
        assert len(framer._buffer) <= 260


@pytest.mark.parametrize("framer", [RtuFramer(), TcpFramer()])
def test_noise_leave_nothing_behind(framer) -> None:
    chance = random.Random(1)
    tracemalloc.start()
    for _ in range(100):
        piece = bytes(chance.choices([0, 1, 2, 3, 5, 255, chance.randrange(256)], k=1000))
        with suppress(BadInput):
            framer.feed(piece)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 100_000


@given(st.sampled_from(list(Table)), st.integers(0, 1000), st.integers(1, 125), pdus)
def test_only_the_right_shape_is_an_answer(table: Table, first: int, count: int, pdu: ModbusPDU) -> None:
    request, data = ReadRequest(table, first, count), body(pdu)
    if request.is_response(data):
        assert data[0] == request.function
        assert len(request.bits(data)) == (count if table.has_bits else 16 * count)


def test_a_write_and_an_echo_know_their_own_answer_alone() -> None:
    assert WriteCoilRequest(7, on=True).is_response(bytes.fromhex("05 0007 ff00"))
    assert not WriteCoilRequest(7, on=True).is_response(bytes.fromhex("05 0007 0000"))
    assert not WriteCoilRequest(7, on=True).is_response(bytes.fromhex("05 0008 ff00"))
    assert EchoRequest(0x1234).is_response(bytes.fromhex("08 0000 1234"))
    assert not EchoRequest(0x1234).is_response(bytes.fromhex("08 0000 1235"))
