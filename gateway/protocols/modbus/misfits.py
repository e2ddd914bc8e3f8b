"""Answers that came and answer nothing: what is wrong with them, for whoever set the line up."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, NamedTuple

from pymodbus.framer import FramerRTU

from gateway.model import Words
from gateway.protocols.modbus.frames import Frame
from gateway.protocols.modbus.request import REFUSED, Request


class Misfit(NamedTuple):
    """`came` and `due`: unit ids, transaction numbers, functions, or bytes, as `what` says."""

    what: Literal["unit", "number", "function", "size", "short", "echo"]
    came: int = 0
    due: int = 0

    @property
    def words(self) -> Words:
        """What follows the module's name in a sentence."""
        came, due = self.came, self.due
        match self.what:
            case "unit":
                zh = f"应答的地址是 {came}，不是 {due}，请通知安装员核对 address"
                en = f"answers as unit {came}, not {due}: write `address: {came}`, or set {due} at it or its converter"
            case "number":
                zh = f"应答的事务号是 {came}，不是所问的 {due}，请通知安装员"
                en = f"answers with transaction number {came} where {due} was asked: another device or a faulty gateway"
            case "function":
                zh = f"应答的功能码是 {came}，不是 {due}，请通知安装员"
                en = f"answers with function {came} where {due} was asked: check that it is a Modbus module"
            case "size":
                zh = f"应答有 {came} 字节，应为 {due}，请通知安装员检查转换器和模块固件"
                en = f"answers with {came} bytes where {due} are due: check its converter and its firmware"
            case "short":
                zh = f"应答只有 {came} 字节，应为 {due}，请通知安装员检查转换器和模块固件"
                en = f"answers break off after {came} of {due} bytes: check its converter and its firmware"
            case "echo":
                zh = "只收到网关自己的询问（转换器回显），模块无应答，请通知安装员关闭回显并检查接线"
                en = "does not answer, only our own question comes back: switch its converter's echo off, check wires"
        return Words(zh, en)


def of_frame(frame: Frame, unit: int, number: int, request: Request, unanswered: Collection[Request]) -> Misfit | None:
    """Why a whole frame is no answer to this request; None for the late answer to one of those `unanswered`."""
    if frame.number != number:
        return Misfit("number", frame.number, number)
    if frame.unit != unit:
        return Misfit("unit", frame.unit, unit)
    if not number and any(each.is_answer(frame.pdu) for each in unanswered):
        return None
    pdu = request.pdu()
    if frame.pdu == bytes((pdu.function_code,)) + pdu.encode():
        return Misfit("echo")
    if frame.pdu[0] & ~REFUSED != request.function:
        return Misfit("function", frame.pdu[0], request.function)
    due = 2 if frame.pdu[0] & REFUSED else request.longest_answer - 3
    return Misfit("size", len(frame.pdu), due)


def of_bytes(heard: bytes, unit: int, asked: bytes, request: Request) -> Misfit | None:
    """Of RTU bytes in which no frame was found: our own question, or an answer whose length does not fit its head."""
    if asked in heard:
        return Misfit("echo")
    if len(heard) < 5 or heard[0] != unit or heard[1] != request.function:
        return None
    if FramerRTU.check_CRC(heard[:-2], int.from_bytes(heard[-2:])):
        return Misfit("size", len(heard) - 3, request.longest_answer - 3)
    return None
