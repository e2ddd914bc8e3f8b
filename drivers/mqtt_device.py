"""Devices that speak our own MQTT format: JSON on `anju/v1/<device>/…` (DESIGN §5).

    signal   device → gateway   {"kind", "id"?, "at"?, "data"?}
    ack      gateway → device   {"id"}, once the signal of that id is committed
    command  gateway → device   {"id", "action", "arguments"}
    result   device → gateway   {"id", "ok", "error"?, "data"?}
    status   device → gateway   online or offline, retained where there is a broker

A report rings by its kind alone: an id, time or data that can't be used is left out, and kept in quarantine with
what was wrong, for the installer. What names no kind is kept in quarantine, and the guard is told.

A retained message on `signal` is what a broker remembers, not something that happens now: it is kept in
quarantine, for an old alarm must not sound again with every reconnection. (A device that sets RETAIN
is heard all the same: the live message does not carry the flag, and our endpoint remembers none.)
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from gateway.driver import Driver, DriverSettings
from gateway.errors import BadInput, CommandFailed, LinkLost
from gateway.links.mqtt.message import Message
from gateway.links.rate_limit import QuarantineLimit, allowance, kept_aside
from gateway.model import Command, Json, Said, Signal, Words
from gateway.protocols.anju_json import Report, Result, read_report, read_result
from gateway.protocols.json_text import text_of
from gateway.protocols.mapping.orders import sendable

NOTES_AT_ONCE, NOTE_EVERY_S = 20, 600.0
"""How often it is told what of a device's reports was left out: one with a fault has it in every report."""
MOST_UNKNOWN_KEYS = 100
_RETAINED = Words(
    "信号带有 RETAIN，只是服务器的记忆；发布信号时请不要设 RETAIN",
    "a retained signal is a broker's memory; publish signals without RETAIN",
)


class MqttDeviceSettings(DriverSettings):
    """`account` is one of compound.yaml's `mqtt.accounts`; `actions` maps what it can do to the arguments it takes."""

    account: Annotated[str, Field(min_length=1, description="its account, or its bridge's")]
    via: Annotated[Literal["endpoint", "broker"], Field(description="which door it comes in by")] = "endpoint"
    actions: Annotated[Mapping[str, tuple[str, ...]], Field(description="commands and the names of arguments")] = {}


class MqttDevice(Driver):
    Settings: ClassVar[type[DriverSettings]] = MqttDeviceSettings
    LINK: ClassVar[str] = "mqtt"
    RETRY_WINDOW: ClassVar[timedelta] = timedelta(minutes=10)
    """Enough to send again after a power cut here; a counter that began anew swallows nothing after it."""

    @classmethod
    def actions(cls, settings: MqttDeviceSettings) -> Mapping[str, frozenset[str]]:
        return {action: frozenset(takes) for action, takes in settings.actions.items()}

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._base = f"anju/v1/{self.device.id}"
        self._status: str | None = None
        self._status_in_turn = asyncio.Lock()
        self._waiting: dict[str, asyncio.Future[Result]] = {}
        self._unknown_keys: frozenset[str] = frozenset()
        self._notes = QuarantineLimit(self.emit, allowance(NOTES_AT_ONCE, NOTE_EVERY_S))

    async def run(self) -> None:
        signal, result, status = (f"{self._base}/{word}" for word in ("signal", "result", "status"))
        await self.link.serve([signal, result, status], self._heard, others_say=[status])

    async def perform(self, command: Command) -> Json | None:
        """What the device answered, or CommandFailed: refused, not connected, or no answer within the limit."""
        self._check(command)
        answer = asyncio.get_running_loop().create_future()
        self._waiting[command.id] = answer
        limit = command.limit.total_seconds()
        try:
            async with asyncio.timeout(limit):
                await self._send(command, limit)
                result: Result = await answer
        except TimeoutError:
            raise self._failed(command, Words("设备无应答", f"no answer within {limit:g} s")) from None
        except LinkLost as error:
            raise self._failed(command, error.why) from error
        finally:
            del self._waiting[command.id]
        if not result.ok:
            raise self._failed(command, _refused(result.error))
        return result.data

    async def _heard(self, message: Message) -> str | None:
        """What can't be used goes to quarantine, committed, and is acknowledged after with what was wrong."""
        try:
            await self._take(message)
        except BadInput as error:
            said = Words.of(error.why)
            why = Words(f"{message.topic}：{said.zh}", f"{message.topic}: {said.en}")
            await self.emit.quarantine(why, error.data)
            if message.topic == f"{self._base}/signal" and not message.retained:
                self.emit.refused(None, kept_aside(said))
            return str(why)
        return None

    async def _take(self, message: Message) -> None:
        word = message.topic.rpartition("/")[2]
        if word != "status" and not message.retained:
            self._status = None  # it lives, whatever was said of it
        match word:
            case "signal":
                await self._take_signal(message)
            case "result":
                self._take_result(message)
            case "status":
                await self._take_status(message)

    async def _take_signal(self, message: Message) -> None:
        if message.retained:
            raise BadInput(_RETAINED, message.payload)
        report = read_report(message.payload)
        await self.emit(
            Signal(
                device=self.device.id,
                kind=report.kind,
                at=report.at,
                source_id=_source_id(report, message),
                data=report.data,
                # Its own id is checked always: a device that rebooted sends again without DUP.
                fresh=report.source_id is None and not message.redelivered,
            )
        )
        if report.id is not None:
            with suppress(LinkLost):  # it does not wait for this
                await self.link.publish(f"{self._base}/ack", _ack(report.id))
        await self._note(report, message.payload)

    async def _note(self, report: Report, payload: bytes) -> None:
        """Tell the installer what of a report could not be used. It is on record: that this may fail costs nothing.

        A key that means nothing here is told once, as a newer device has it in every report.
        """
        wrong = list(report.left_out)
        news = report.unknown - self._unknown_keys
        if news and len(self._unknown_keys) < MOST_UNKNOWN_KEYS:
            self._unknown_keys |= news
            names = ", ".join(sorted(name[:64] for name in news)[:8])
            wrong.append(Words(f"未用的键：{names}", f"keys that are not used: {names}"))
        if wrong:
            zh, en = "；".join(each.zh for each in wrong), "; ".join(each.en for each in wrong)
            topic = f"{self._base}/signal"
            why = Words(f"{topic}：信号 {report.kind} 已收下，但 {zh}", f"{topic}: {report.kind} was taken, but {en}")
            await self._notes.put(why, payload)

    def _take_result(self, message: Message) -> None:
        result = read_result(message.payload)
        answer = self._waiting.get(result.id)
        if answer is None:
            name = repr(result.id[:64])
            why = Words(
                f"指令 {name} 的结果，该指令不在等待中", f"result of command {name}, which is not waiting (any more)"
            )
            raise BadInput(why, message.payload)
        if not answer.done():
            answer.set_result(result)

    async def _take_status(self, message: Message) -> None:
        """Being back is told to the supervisor, who says it; being gone only the device's bridge can know.

        Said once: the status is retained, and comes again with every connection.
        """
        status = text_of(message.payload).strip("\ufeff\"' \t\r\n").lower()
        if status not in ("online", "offline"):
            why = Words("状态既不是 online 也不是 offline", "status is neither online nor offline")
            raise BadInput(why, message.payload)
        async with self._status_in_turn:
            if status == "online":
                self.emit.heard()
            elif self._status != "offline":
                await self.emit(Signal(device=self.device.id, kind="device.offline"))
            self._status = status

    def _check(self, command: Command) -> None:
        takes = self.settings.actions.get(command.action)
        if takes is None:
            raise self._failed(command, Words("设备不支持这个指令", "it takes no such command"))
        unknown = sorted(set(command.arguments) - set(takes))
        if unknown:
            names = ", ".join(unknown)
            raise self._failed(command, Words(f"设备不认识参数 {names}", f"it takes no argument {names}"))
        for name, value in command.arguments.items():
            sendable(name, value)

    async def _send(self, command: Command, life: float) -> None:
        payload = {"id": command.id, "action": command.action, "arguments": dict(command.arguments)}
        data = json.dumps(payload, ensure_ascii=False).encode()
        await self.link.publish(f"{self._base}/command", data, life=life)

    def _failed(self, command: Command, why: Said) -> CommandFailed:
        en = f"device {self.device.id}, command {command.action}: {why}"
        return CommandFailed(Words(Words.of(why).zh, en))


def _refused(error: str) -> Words:
    """In the device's own words, whatever language they are in."""
    return Words(f"设备拒绝执行：{error}" if error else "设备拒绝执行", error or "the device refused")


def _source_id(report: Report, message: Message) -> str | None:
    """The sender's own id if it gives one, else what its protocol knows it by."""
    if report.source_id is not None:
        return report.source_id
    return None if message.packet_id is None else f"{message.client}/{message.packet_id}"


def _ack(given: Any) -> bytes:
    """With the id as the device wrote it, unfit for the journal or not: it waits for just that."""
    return json.dumps({"id": given}).encode()


DRIVER = MqttDevice
