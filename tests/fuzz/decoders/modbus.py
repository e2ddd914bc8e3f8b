"""Modbus answers, by RTU and by TCP."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pymodbus.framer import FramerRTU

from gateway.errors import BadInput
from gateway.protocols.modbus.frames import ModbusFramer, RtuFramer, TcpFramer
from gateway.protocols.modbus.mismatch import check_bytes, check_frame
from gateway.protocols.modbus.request import EchoRequest, ReadRequest, Table, WriteCoilRequest
from tests.fuzz.subject import Feed, Subject

_READS = (
    ReadRequest(Table.DISCRETE, 0, 12),
    ReadRequest(Table.HOLDING, 0, 3),
    WriteCoilRequest(4, on=True),
    EchoRequest(7),
)
_PDUS = (
    b"\x02\x02\x0f\x03",
    b"\x03\x06\0\1\0\2\xff\0",
    b"\x05\0\4\xff\0",
    b"\x08\0\0\0\7",
    b"\x83\2",
    b"\x01\xfa" + bytes(250),
)


def _modbus(make: Callable[[], ModbusFramer]) -> Feed:
    framer = make()

    def feed(chunk: bytes) -> None:
        if not chunk:
            framer.line_idle()
        for frame in framer.feed(chunk):
            for request in _READS:
                if request.is_response(frame.pdu) and isinstance(request, ReadRequest):
                    request.bits(frame.pdu)
                if mismatch := check_frame(frame, 5, 7, request, ()):
                    assert mismatch.words.zh
            assert frame.pdu[0] >= 0
        garbage = framer.take_garbage()
        assert len(garbage) <= 256
        for request in _READS:
            check_bytes(garbage, 5, b"\x05" + request.pdu().encode(), request)

    return feed


def _rtu(body: bytes) -> bytes:
    return body + FramerRTU.compute_CRC(body).to_bytes(2)


def _tcp(body: bytes) -> bytes:
    return b"\0\7\0\0" + len(body).to_bytes(2) + body


def subjects() -> Sequence[Subject]:
    def bodies() -> list[bytes]:
        return [b"\x05" + pdu for pdu in _PDUS]

    return [
        Subject("modbus-rtu", lambda: _modbus(RtuFramer), bodies, seal=_rtu),
        Subject("modbus-tcp", lambda: _modbus(TcpFramer), bodies, (BadInput,), _tcp),
    ]
