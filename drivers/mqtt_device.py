"""Devices that speak our own MQTT format: JSON on `anju/v1/<device>/…` (DESIGN §5).

    signal   device → gateway   {"kind", "id"?, "at"?, "data"?}
    ack      gateway → device   {"id"}, once the signal of that id is committed
    command  gateway → device   {"id", "action", "arguments"}
    result   device → gateway   {"id", "ok", "error"?, "data"?}
    status   device → gateway   online or offline, retained where there is a broker

With `access_list: true` it is a controller that decides itself, by a list that it gets and confirms on `list` and
`list_state` (gateway/protocols/access_list.py). What it decided it reports as access.granted or access.denied.

The kind alone is enough for an alarm: an id, time or data that can't be used is left out, and the report goes to
quarantine with what was wrong, for the installer. A report without a kind goes to quarantine, and the guard is told.

A retained message on `signal` is a broker's memory, not something that happens now. It goes to quarantine, for an old
alarm must not sound again with every reconnection. (A device that sets RETAIN is served all the same: the live
message does not carry the flag, and our endpoint retains nothing.)
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
from gateway.limits import RateLimit
from gateway.links.mqtt.message import MqttMessage
from gateway.links.quarantine import LimitedQuarantine, unreadable_notice
from gateway.model import AccessList, Command, Json, Signal, Text, Words
from gateway.protocols.access_list import PART_TIMEOUT_S, AccessListSender, read_state
from gateway.protocols.anju_json import CommandResult, DeviceReport, read_report, read_result
from gateway.protocols.credential.masking import mask_text
from gateway.protocols.json_text import text_of
from gateway.protocols.mapping.mapped_commands import as_json

REPORT_BURST, REPORT_INTERVAL_S = 20, 600.0
"""How often the installer is told what of a device's reports was left out: one with a fault has it in every report."""
MAX_UNKNOWN_KEYS = 100
SECRET, SECRET_KINDS, MAX_SECRET = "secret", frozenset({"pin.entered", "code.read"}), 512
"""The key under which a reader sends a PIN or the text of a code, for the decision at the door alone."""
_RETAINED = Words(
    "信号带有 RETAIN，只是服务器的记忆；发布信号时请不要设 RETAIN",
    "a retained signal is a broker's memory; publish signals without RETAIN",
)


class MqttDeviceSettings(DriverSettings):
    """The YAML of a device. `account` is one of compound.yaml's `mqtt.accounts`."""

    account: Annotated[str, Field(min_length=1, description="its account, or its bridge's")]
    via: Annotated[Literal["endpoint", "broker"], Field(description="the gateway's own endpoint, or a broker")] = (
        "endpoint"
    )
    actions: Annotated[Mapping[str, tuple[str, ...]], Field(description="commands and the names of arguments")] = {}
    access_list: Annotated[
        bool, Field(description="a controller that decides by its own list, which the gateway sends (access.yaml)")
    ] = False


class MqttDevice(Driver):
    """One device that speaks our own format."""

    Settings: ClassVar[type[DriverSettings]] = MqttDeviceSettings
    LINK: ClassVar[str] = "mqtt"
    RETRY_WINDOW: ClassVar[timedelta] = timedelta(minutes=10)
    """Long enough to send again after a power cut here, and short: a device whose id counter starts again at 1 after
    a restart would otherwise lose its new signals as repeats.
    """

    @classmethod
    def actions(cls, settings: MqttDeviceSettings) -> Mapping[str, frozenset[str]]:
        """See Driver."""
        return {action: frozenset(takes) for action, takes in settings.actions.items()}

    @classmethod
    def takes_access_list(cls, settings: MqttDeviceSettings) -> bool:
        """See Driver."""
        return settings.access_list

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._base = f"anju/v1/{self.device.id}"
        self._status: str | None = None
        self._status_lock = asyncio.Lock()
        self._pending_results: dict[str, asyncio.Future[CommandResult]] = {}
        self._access_list = AccessListSender(self._publish_list)
        self._unknown_keys: frozenset[str] = frozenset()
        self._quarantine = LimitedQuarantine(self.emit, RateLimit.on_loop_clock(REPORT_BURST, REPORT_INTERVAL_S))

    async def run(self) -> None:
        """See Driver."""
        levels = ["signal", "result", "status", *(["list_state"] if self.settings.access_list else [])]
        topics = [f"{self._base}/{level}" for level in levels]
        await self.link.serve(topics, self._on_message, third_party_topics=[f"{self._base}/status"])

    async def load_access_list(self, new: AccessList) -> None:
        """See Driver."""
        await self._access_list.load(new)

    async def perform(self, command: Command) -> Json | None:
        """Returns the device's answer; raises CommandFailed: refused, not connected, or no answer in time."""
        self._check(command)
        answer = asyncio.get_running_loop().create_future()
        self._pending_results[command.id] = answer
        limit = command.limit.total_seconds()
        try:
            async with asyncio.timeout(limit):
                await self._send(command, limit)
                result: CommandResult = await answer
        except TimeoutError:
            raise self._failed(command, Words("设备无应答", f"no answer within {limit:g} s")) from None
        except LinkLost as error:
            raise self._failed(command, error.why) from error
        finally:
            del self._pending_results[command.id]
        if not result.ok:  # the device's own refusal, which is no fault of the link
            raise self._failed(command, _refused(result.error))
        return result.data

    async def _on_message(self, message: MqttMessage) -> str | None:
        """Handle a message. What can't be used is committed to quarantine, then acknowledged with what was wrong."""
        try:
            await self._handle(message)
        except BadInput as error:
            cause = Words.of(error.why)
            why = Words(f"{message.topic}：{cause.zh}", f"{message.topic}: {cause.en}")
            await self.emit.quarantine(why, _keepable(error.data))
            if message.topic == f"{self._base}/signal" and not message.retained:
                self.emit.refused(None, unreadable_notice(cause))
            return str(why)
        return None

    async def _handle(self, message: MqttMessage) -> None:
        level = message.topic.rpartition("/")[2]
        if level != "status" and not message.retained:
            self._status = None  # the device itself has spoken, so the bridge's last status is outdated
        match level:
            case "signal":
                await self._handle_signal(message)
            case "result":
                self._handle_result(message)
            case "status":
                await self._handle_status(message)
            case "list_state" if not message.retained:  # what a broker remembers of it may be long ago
                self._access_list.state_received(read_state(message.payload))

    async def _handle_signal(self, message: MqttMessage) -> None:
        if message.retained:
            raise BadInput(_RETAINED, message.payload)
        report = read_report(message.payload)
        data, secret = _without_secret(report)
        await self.emit(
            Signal(
                device=self.device.id,
                kind=report.kind,
                at=report.at,
                source_id=_source_id(report, message),
                data=data,
                secret=secret,
                # An id of its own is always checked for repeats: a device that rebooted sends again without DUP.
                fresh=report.source_id is None and not message.redelivered,
            )
        )
        if report.id is not None:
            with suppress(LinkLost):  # then the device has gone, and will send the signal again
                await self.link.publish(f"{self._base}/ack", _ack(report.id))
        await self._report_left_out(report, message.payload)

    async def _report_left_out(self, report: DeviceReport, payload: bytes) -> None:
        """Tell the installer what of a report could not be used. The signal is committed: this may fail.

        An unknown key is reported once, for a newer device has it in every report.
        """
        wrong = list(report.left_out)
        news = report.unknown - self._unknown_keys
        if news and len(self._unknown_keys) < MAX_UNKNOWN_KEYS:
            self._unknown_keys |= news
            names = ", ".join(sorted(name[:64] for name in news)[:8])
            wrong.append(Words(f"未用的键：{names}", f"keys that are not used: {names}"))
        if wrong:
            zh, en = "；".join(each.zh for each in wrong), "; ".join(each.en for each in wrong)
            topic = f"{self._base}/signal"
            why = Words(f"{topic}：信号 {report.kind} 已收下，但 {zh}", f"{topic}: {report.kind} was taken, but {en}")
            await self._quarantine.put(why, _keepable(payload))

    def _handle_result(self, message: MqttMessage) -> None:
        result = read_result(message.payload)
        answer = self._pending_results.get(result.id)
        if answer is None:
            name = repr(result.id[:64])
            why = Words(
                f"指令 {name} 的结果，该指令不在等待中", f"result of command {name}, which is not waiting (any more)"
            )
            raise BadInput(why, message.payload)
        if not answer.done():  # a device may send its result twice
            answer.set_result(result)

    async def _handle_status(self, message: MqttMessage) -> None:
        """Online goes to the supervisor, which reports that the device is back. Offline is emitted here.

        Only once: the status is retained, and comes again with every connection.
        """
        status = text_of(message.payload).strip("\ufeff\"' \t\r\n").lower()
        if status not in ("online", "offline"):
            why = Words("状态既不是 online 也不是 offline", "status is neither online nor offline")
            raise BadInput(why, message.payload)
        async with self._status_lock:
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
            as_json(name, value)

    async def _send(self, command: Command, life: float) -> None:
        payload = {"id": command.id, "action": command.action, "arguments": dict(command.arguments)}
        data = json.dumps(payload, ensure_ascii=False).encode()
        await self.link.publish(f"{self._base}/command", data, life=life)

    async def _publish_list(self, payload: bytes) -> None:
        # It holds card numbers, so it must not be in a capture.
        await self.link.publish(f"{self._base}/list", payload, life=PART_TIMEOUT_S, is_private=True)

    def _failed(self, command: Command, why: Text) -> CommandFailed:
        en = f"device {self.device.id}, command {command.action}: {why}"
        return CommandFailed(Words(Words.of(why).zh, en))


def _refused(error: str) -> Words:
    """Quotes the device's error, in whatever language it is."""
    return Words(f"设备拒绝执行：{error}" if error else "设备拒绝执行", error or "the device refused")


def _source_id(report: DeviceReport, message: MqttMessage) -> str | None:
    """The sender's own id if it gives one, else the packet's id in MQTT."""
    if report.source_id is not None:
        return report.source_id
    return None if message.packet_id is None else f"{message.client}/{message.packet_id}"


def _keepable(payload: bytes) -> bytes:
    """What the quarantine may keep: of a message that may hold a PIN or a code, broken or not, only its shape."""
    is_private = any(word.encode() in payload for word in (SECRET, *SECRET_KINDS))
    return mask_text(payload) if is_private else payload


def _without_secret(report: DeviceReport) -> tuple[Json, str | None]:
    """The data without `secret`, and that: a keypad's PIN or a code's text, which nobody may keep."""
    if report.kind not in SECRET_KINDS or SECRET not in report.data:
        return report.data, None
    secret = report.data[SECRET]
    return {name: value for name, value in report.data.items() if name != SECRET}, str(secret)[:MAX_SECRET]


def _ack(given: Any) -> bytes:
    """With the id exactly as the device wrote it, even where the journal can't use it: the device waits for that."""
    return json.dumps({"id": given}).encode()


DRIVER = MqttDevice
