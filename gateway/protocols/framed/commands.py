"""Commands made into frames, one at a time, and the answers they wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from gateway.driver import no_such_command
from gateway.errors import CommandFailed, LinkLost
from gateway.links.serial import SerialLine
from gateway.model import Command, Json, Words
from gateway.protocols.framed.fields import Value
from gateway.protocols.framed.frame_builder import FrameBuilder
from gateway.protocols.framed.frame_parser import FieldValues, matches
from gateway.protocols.framed.settings import ArgumentSettings, CommandSettings, FramedSettings

ZONE = "zone"


class FramedCommands:
    def __init__(self, host: str, settings: FramedSettings, sender: FrameBuilder) -> None:
        self._host = host
        self._settings = settings
        self._sender = sender
        self._numbers = {zone.id: zone.number for zone in settings.zones}
        self._one_at_a_time = asyncio.Lock()
        self._waiting: tuple[CommandSettings, int, asyncio.Future[FieldValues]] | None = None

    async def perform(self, line: SerialLine | None, command: Command) -> Json:
        """Returns its arguments and whether the device confirmed it; CommandFailed when it did not do it."""
        order = self._settings.commands.get(command.action)
        if order is None:
            raise no_such_command(self._host, command.action)
        given = self._arguments(order, command)
        try:
            async with asyncio.timeout(command.limit.total_seconds()), self._one_at_a_time:
                answer = await self._ask(line, order, self._written(order, command, given))
        except TimeoutError:
            en = f"{self._host} did not answer {command.action}"
            raise CommandFailed(Words("设备无应答", en)) from None
        except LinkLost as error:
            en = f"the line to {self._host} was lost before it answered"
            raise CommandFailed(Words("线路中断，设备没有应答", en)) from error
        if answer is not None and not matches(order.done, answer):
            said = ", ".join(f"{name} {answer.get(name)}" for name in order.done)
            raise CommandFailed(Words("设备拒绝执行", f"{command.action} on {self._host}: it answered {said}"))
        return {**given, **({"confirmed": False} if answer is None else {})}

    def answered(self, values: FieldValues) -> bool:
        """Whether a frame is the answer that is waited for."""
        if self._waiting is None:
            return False
        order, count, answer = self._waiting
        if answer.done() or not matches(order.answer, values):
            return False
        if order.echo and values.get(order.echo) != count:
            return False
        answer.set_result(values)
        return True

    def line_lost(self) -> None:
        """Whoever waits is told that no answer will come."""
        if self._waiting and not self._waiting[2].done():
            self._waiting[2].set_exception(LinkLost(Words("线路中断", "the line was lost")))

    async def _ask(
        self, line: SerialLine | None, order: CommandSettings, given: Mapping[str, bytes]
    ) -> FieldValues | None:
        if line is None:
            raise CommandFailed(Words("线路中断", f"the line to {self._host} is down"))
        frame = self._sender.made(order.send, given)
        if not order.answer:
            await line.write(frame)
            return None
        width = self._settings.fields[order.echo].size if order.echo else 2
        answer: asyncio.Future[FieldValues] = asyncio.get_running_loop().create_future()
        self._waiting = order, self._sender.counted(width), answer
        try:
            await line.write(frame)
            return await answer
        finally:
            self._waiting = None

    def _arguments(self, order: CommandSettings, command: Command) -> dict[str, Value]:
        given: dict[str, Value] = {}
        for name, argument in order.arguments.items():
            value = command.arguments.get(name, argument.default)
            if name == ZONE:
                value = command.device if value is None else value
                value = self._numbers.get(value, value) if isinstance(value, str) else value
            if not isinstance(value, int | str) or not _within(argument, value):
                en = f"{command.action} needs {name}{_range(argument)}, and got {value!r}"
                raise CommandFailed(Words("填写的参数不对", en))
            given[name] = value
        return given

    def _written(self, order: CommandSettings, command: Command, given: Mapping[str, Value]) -> dict[str, bytes]:
        try:
            return {
                name: order.arguments[name].field.write(value, self._settings.order) for name, value in given.items()
            }
        except (ValueError, OverflowError) as error:
            en = f"{command.action} can't be sent to {self._host}: {error}"
            raise CommandFailed(Words("填写的参数不对", en)) from error


def _within(argument: ArgumentSettings, value: Value) -> bool:
    if argument.type == "ascii":
        return True
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return (argument.least is None or value >= argument.least) and (argument.most is None or value <= argument.most)


def _range(argument: ArgumentSettings) -> str:
    if argument.least is None and argument.most is None:
        return ""
    least, most = ("…" if bound is None else bound for bound in (argument.least, argument.most))
    return f": {least} to {most}"
