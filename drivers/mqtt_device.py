"""Devices that speak our own MQTT format: JSON on `anju/v1/<device>/…` (DESIGN §5).

    signal   device → gateway   {"kind", "id"?, "at"?, "data"?}
    ack      gateway → device   {"id"}, once the signal of that id is committed
    command  gateway → device   {"id", "action", "arguments"}
    result   device → gateway   {"id", "ok", "error"?, "data"?}
    status   device → gateway   online or offline, retained where there is a broker

A retained message on `signal` is what a broker remembers, not something that happens now: it is kept in
quarantine, for an old alarm must not sound again with every reconnection. (A device that sets RETAIN
is heard all the same: the live message does not carry the flag, and our endpoint remembers none.)
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidatorFunctionWrapHandler, field_validator
from pydantic_core import ErrorDetails

from gateway.driver import Driver, DriverSettings
from gateway.errors import BadInput, CommandFailed, LinkLost
from gateway.links.mqtt.link import Message
from gateway.model import Command, Json, Said, Signal, Words, is_kind

LARGEST_DATA = 16 * 1024
"""Bytes of JSON that `data` may have; a picture belongs to a camera."""
GATEWAY_KINDS = frozenset(
    """command.done command.failed report.made storage.failed storage.restored device.silent device.refused
    configuration.changed configuration.refused""".split()
)
"""What only the gateway may say."""
_RETAINED = Words(
    "信号带有 RETAIN，只是服务器的记忆；发布信号时请不要设 RETAIN",
    "a retained signal is a broker's memory; publish signals without RETAIN",
)

_Shape = TypeVar("_Shape", bound=BaseModel)
SignalId = (
    Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")]
    | Annotated[int, Field(ge=0, lt=2**63)]
)


class _Unfit(ValueError):
    """A value that may not be said, and why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh


def _bounded(data: dict[str, Any]) -> dict[str, Any]:
    """Only what the journal can hold: JSON without NaN, of bounded size."""
    size = len(json.dumps(data, ensure_ascii=False, allow_nan=False).encode())
    if size > LARGEST_DATA:
        zh, en = f"{size} 字节，最多 {LARGEST_DATA}", f"{size} bytes of data, {LARGEST_DATA} are the most"
        raise _Unfit(zh, en)
    return data


class _Payload(BaseModel):
    """Unknown keys are passed over: a newer device must still be heard."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    data: dict[str, Any] = {}

    @field_validator("data")
    @classmethod
    def _bound(cls, data: dict[str, Any]) -> dict[str, Any]:
        return _bounded(data)


class _Signal(_Payload):
    kind: str
    id: SignalId | None = None
    at: Annotated[datetime | None, Field(strict=False)] = None

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if not is_kind(kind) or kind in GATEWAY_KINDS:
            name = repr(kind[:64])
            zh = f"{name} 不是设备可报的信号；设备自定义的以 x. 开头"
            raise _Unfit(zh, f"{name} is no kind a device may say; one of its own begins with 'x.'")
        return kind

    @field_validator("at", mode="wrap")
    @classmethod
    def _readable(cls, at: object, read: ValidatorFunctionWrapHandler) -> datetime | None:
        """The device's clock is noted, never trusted: one that can't be read must not cost an alarm."""
        try:
            when: datetime | None = read(at)
            return None if when is None or when.tzinfo is None else when.astimezone(UTC)
        except (ValidationError, OverflowError):
            return None


class _Result(_Payload):
    id: str
    ok: bool
    error: Annotated[str, Field(max_length=500)] = ""


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
        self._waiting: dict[str, asyncio.Future[_Result]] = {}

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
                result: _Result = await answer
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
            await self.emit.quarantine(error.why, error.data, remembered=message.retained)
            return str(error)
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
        said = _read(_Signal, message)
        await self.emit(
            Signal(
                device=self.device.id,
                kind=said.kind,
                at=said.at,
                source_id=_source_id(said, message),
                data=said.data,
                # Its own id is checked always: a device that rebooted sends again without DUP.
                fresh=said.id is None and not message.redelivered,
            )
        )
        if said.id is not None:
            with suppress(LinkLost):  # it does not wait for this
                await self.link.publish(f"{self._base}/ack", json.dumps({"id": said.id}).encode())

    def _take_result(self, message: Message) -> None:
        result = _read(_Result, message)
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
        status = message.payload.decode(errors="replace")
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


def _source_id(said: _Signal, message: Message) -> str | None:
    """The sender's own id if it gives one, else what its protocol knows it by."""
    if said.id is not None:
        return str(said.id)
    return None if message.packet_id is None else f"{message.client}/{message.packet_id}"


def _read(shape: type[_Shape], message: Message) -> _Shape:
    """The payload in its shape, or BadInput that says what is wrong with which key."""
    try:
        return shape.model_validate_json(message.payload)
    except ValidationError as error:
        wrong = [_mistake(one) for one in error.errors()[:3]]
        zh, en = "；".join(each.zh for each in wrong), "; ".join(each.en for each in wrong)
        why = Words(f"{message.topic}：{zh}"[:500], f"{message.topic}: {en}"[:500])
        raise BadInput(why, message.payload) from None


def _mistake(one: ErrorDetails) -> Words:
    """One of pydantic's, which has English alone."""
    where, value = ".".join(map(str, one["loc"])), one["input"]
    unfit = one.get("ctx", {}).get("error")
    en = f"{where or 'payload'}: {one['msg'].removeprefix('Value error, ')}"
    if isinstance(unfit, _Unfit):
        return Words(f"{where}：{unfit.zh}", en)
    if one["type"] == "missing":
        return Words(f"缺少 {where}", en)
    if not where:
        return Words("内容不是可用的 JSON 对象", en)
    shown = f"：{repr(value)[:64]}" if isinstance(value, str | int | float) else ""
    return Words(f"{where} 的值不能用{shown}", en)


DRIVER = MqttDevice
