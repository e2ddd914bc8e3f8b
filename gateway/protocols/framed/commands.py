"""Sends commands, one at a time, and waits for their replies."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from gateway.driver import no_such_command
from gateway.errors import CommandFailed, LinkLost
from gateway.links.serial import SerialLine
from gateway.model import Command, Json, Words
from gateway.protocols.framed.field_values import FieldValues, matches
from gateway.protocols.framed.fields import Value
from gateway.protocols.framed.frame_builder import FrameBuilder
from gateway.protocols.framed.settings import ArgumentSettings, CommandSettings, FramedSettings

ZONE = "zone"
"""Name of the argument that takes a zone's id as well as its number."""


class FramedCommands:
    """Performs the commands of one host. The driver passes it every frame and tells it when the line is lost."""

    def __init__(self, host: str, settings: FramedSettings, builder: FrameBuilder) -> None:
        self._host = host
        self._settings = settings
        self._builder = builder
        self._zone_numbers = {zone.id: zone.number for zone in settings.zones}
        # Few protocols number their replies, so a second command must wait until the first is answered.
        self._lock = asyncio.Lock()
        self._pending: tuple[CommandSettings, int, asyncio.Future[FieldValues]] | None = None

    async def perform(self, line: SerialLine | None, command: Command) -> Json:
        """Send a command and return its arguments, with `confirmed: False` if the protocol has no reply to it.

        Raises CommandFailed if the device rejects it or does not reply within the command's limit.
        """
        settings = self._settings.commands.get(command.action)
        if settings is None:
            raise no_such_command(self._host, command.action)
        arguments = self._arguments(settings, command)
        try:
            async with asyncio.timeout(command.limit.total_seconds()), self._lock:
                reply = await self._request(line, settings, self._encoded(settings, command, arguments))
        except TimeoutError:
            en = f"{self._host} did not answer {command.action}"
            raise CommandFailed(Words("设备无应答", en)) from None
        except LinkLost as error:
            en = f"the line to {self._host} was lost before it answered"
            raise CommandFailed(Words("线路中断，设备没有应答", en)) from error
        if reply is not None and not matches(settings.done, reply):
            fields = ", ".join(f"{name} {reply.get(name)}" for name in settings.done)
            raise CommandFailed(Words("设备拒绝执行", f"{command.action} on {self._host}: it answered {fields}"))
        return {**arguments, **({"confirmed": False} if reply is None else {})}

    def handle_reply(self, values: FieldValues) -> bool:
        """Return True if a frame with these fields is the reply to the pending command, which it then completes."""
        if self._pending is None:
            return False
        settings, count, reply = self._pending
        if reply.done() or not matches(settings.answer, values):
            return False
        if settings.echo and values.get(settings.echo) != count:
            return False  # a late reply to an earlier command that has timed out
        reply.set_result(values)
        return True

    def fail_pending(self) -> None:
        """The line is lost: fail the pending command."""
        if self._pending and not self._pending[2].done():
            self._pending[2].set_exception(LinkLost(Words("线路中断", "the line was lost")))

    async def _request(
        self, line: SerialLine | None, settings: CommandSettings, arguments: Mapping[str, bytes]
    ) -> FieldValues | None:
        """Return the fields of the reply; None if the command has none."""
        if line is None:
            raise CommandFailed(Words("线路中断", f"the line to {self._host} is down"))
        frame = self._builder.build(settings.send, arguments)
        if not settings.answer:
            await line.write(frame)
            return None
        width = self._settings.fields[settings.echo].size if settings.echo else 2
        reply: asyncio.Future[FieldValues] = asyncio.get_running_loop().create_future()
        # Before the write: the reply may arrive before `write` returns.
        self._pending = settings, self._builder.sequence_number(width), reply
        try:
            await line.write(frame)
            return await reply
        finally:
            self._pending = None

    def _arguments(self, settings: CommandSettings, command: Command) -> dict[str, Value]:
        arguments: dict[str, Value] = {}
        for name, argument in settings.arguments.items():
            value = command.arguments.get(name, argument.default)
            if name == ZONE:
                # A command to a zone without the argument is about the zone itself.
                value = command.device if value is None else value
                value = self._zone_numbers.get(value, value) if isinstance(value, str) else value
            if not isinstance(value, int | str) or not _is_allowed(argument, value):
                en = f"{command.action} needs {name}{_range(argument)}, and got {value!r}"
                raise CommandFailed(Words("填写的参数不对", en))
            arguments[name] = value
        return arguments

    def _encoded(self, settings: CommandSettings, command: Command, arguments: Mapping[str, Value]) -> dict[str, bytes]:
        order = self._settings.order
        try:
            return {name: settings.arguments[name].field.write(value, order) for name, value in arguments.items()}
        except (ValueError, OverflowError) as error:
            en = f"{command.action} can't be sent to {self._host}: {error}"
            raise CommandFailed(Words("填写的参数不对", en)) from error


def _is_allowed(argument: ArgumentSettings, value: Value) -> bool:
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
