"""Modbus answers, by RTU and by TCP."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pymodbus.framer import FramerRTU

from gateway.errors import BadInput
from gateway.protocols.modbus.frames import Framing, Rtu, Tcp
from gateway.protocols.modbus.misfits import of_bytes, of_frame
from gateway.protocols.modbus.request import Echo, Read, Table, Write
from tests.fuzz.subject import Feed, Subject

_READS = (Read(Table.DISCRETE, 0, 12), Read(Table.HOLDING, 0, 3), Write(4, on=True), Echo(7))
_PDUS = (
    b"\x02\x02\x0f\x03",
    b"\x03\x06\0\1\0\2\xff\0",
    b"\x05\0\4\xff\0",
    b"\x08\0\0\0\7",
    b"\x83\2",
    b"\x01\xfa" + bytes(250),
)


def _modbus(make: Callable[[], Framing]) -> Feed:
    framing = make()

    def feed(chunk: bytes) -> None:
        if not chunk:
            framing.silence()
        for frame in framing.feed(chunk):
            for request in _READS:
                if request.is_answer(frame.pdu) and isinstance(request, Read):
                    request.bits(frame.pdu)
                if misfit := of_frame(frame, 5, 7, request, ()):
                    assert misfit.words.zh
            assert frame.pdu[0] >= 0
        rubbish = framing.rubbish()
        assert len(rubbish) <= 256
        for request in _READS:
            of_bytes(rubbish, 5, b"\x05" + request.pdu().encode(), request)

    return feed


def _rtu(body: bytes) -> bytes:
    return body + FramerRTU.compute_CRC(body).to_bytes(2)


def _tcp(body: bytes) -> bytes:
    return b"\0\7\0\0" + len(body).to_bytes(2) + body


def subjects() -> Sequence[Subject]:
    def bodies() -> list[bytes]:
        return [b"\x05" + pdu for pdu in _PDUS]

    return [
        Subject("modbus-rtu", lambda: _modbus(Rtu), bodies, seal=_rtu),
        Subject("modbus-tcp", lambda: _modbus(Tcp), bodies, (BadInput,), _tcp),
    ]
