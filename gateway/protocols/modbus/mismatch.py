"""Explains to the installer why a received frame is not the response to the request."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, NamedTuple

from pymodbus.framer import FramerRTU

from gateway.model import Words
from gateway.protocols.modbus.frames import ModbusFrame
from gateway.protocols.modbus.request import EXCEPTION_FLAG, ModbusRequest


class Mismatch(NamedTuple):
    """`received` and `expected` are unit addresses, transaction ids, function codes or bytes, as `what` says."""

    what: Literal["unit", "transaction_id", "function", "size", "short", "echo"]
    received: int = 0
    expected: int = 0

    @property
    def words(self) -> Words:
        """The rest of a sentence that begins with the unit's name."""
        received, expected = self.received, self.expected
        match self.what:
            case "unit":
                zh = f"应答的地址是 {received}，不是 {expected}，请通知安装员核对 address"
                en = f"answers as unit {received}, not {expected}: "
                en += f"write `address: {received}`, or set {expected} at it or its converter"
            case "transaction_id":
                zh = f"应答的事务号是 {received}，不是所问的 {expected}，请通知安装员"
                en = f"answers with transaction id {received} instead of {expected}: another device or a faulty gateway"
            case "function":
                zh = f"应答的功能码是 {received}，不是 {expected}，请通知安装员"
                en = f"answers with function code {received} instead of {expected}: check that it is a Modbus module"
            case "size":
                zh = f"应答有 {received} 字节，应为 {expected}，请通知安装员检查转换器和模块固件"
                en = f"answers with {received} bytes instead of {expected}: check its converter and its firmware"
            case "short":
                zh = f"应答只有 {received} 字节，应为 {expected}，请通知安装员检查转换器和模块固件"
                en = f"answers break off after {received} of {expected} bytes: check its converter and its firmware"
            case "echo":
                zh = "只收到网关自己的询问（转换器回显），模块无应答，请通知安装员关闭回显并检查接线"
                en = "does not answer, only our own request comes back: "
                en += "switch its converter's echo off, check the wires"
        return Words(zh, en)


def check_frame(
    frame: ModbusFrame, unit: int, transaction_id: int, request: ModbusRequest, unanswered: Collection[ModbusRequest]
) -> Mismatch | None:
    """Why a whole frame is not the response to this request; None for a late response to one of `unanswered`."""
    if frame.transaction_id != transaction_id:
        return Mismatch("transaction_id", frame.transaction_id, transaction_id)
    if frame.unit != unit:
        return Mismatch("unit", frame.unit, unit)
    # On RTU a late response looks like this; on TCP the transaction id was compared above.
    if not transaction_id and any(each.is_response(frame.pdu) for each in unanswered):
        return None
    pdu = request.pdu()
    if frame.pdu == bytes((pdu.function_code,)) + pdu.encode():
        return Mismatch("echo")
    if frame.pdu[0] & ~EXCEPTION_FLAG != request.function:
        return Mismatch("function", frame.pdu[0], request.function)
    # Sizes are those of PDUs: an RTU frame has 3 bytes more (unit and CRC).
    expected = 2 if frame.pdu[0] & EXCEPTION_FLAG else request.max_response_size - 3
    return Mismatch("size", len(frame.pdu), expected)


def check_bytes(received: bytes, unit: int, sent: bytes, request: ModbusRequest) -> Mismatch | None:
    """Why RTU bytes hold no frame: an echo of our request, or a valid CRC with a size that the byte count denies."""
    if sent in received:
        return Mismatch("echo")
    if len(received) < 5 or received[0] != unit or received[1] != request.function:
        return None
    # The CRC covers all received bytes, so this is one frame; only its byte count is wrong.
    if FramerRTU.check_CRC(received[:-2], int.from_bytes(received[-2:])):
        return Mismatch("size", len(received) - 3, request.max_response_size - 3)
    return None
