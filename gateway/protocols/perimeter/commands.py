"""What a perimeter host can be told, and the orders that wait for its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gateway.driver import no_such_command
from gateway.errors import CommandFailed, LinkLost
from gateway.links.serial import SerialLine
from gateway.model import Command, Json, Words
from gateway.protocols.perimeter.frames import REPLY, PerimeterFrame
from gateway.protocols.perimeter.settings import PanelSettings

COMMANDS = {"arm": (0x11, "area"), "disarm": (0x12, "area"), "bypass": (0x13, "zone"), "unbypass": (0x14, "zone")}
REPLY_FUNCTIONS = frozenset(function | REPLY for function, _ in COMMANDS.values())
_RESULTS = {
    1: Words("主机拒绝执行", "the host refused it"),
    2: Words("主机没有这个防区或分区，请通知安装员", "the host has no such zone or area"),
}
_NAMES = {"area": "分区", "zone": "防区"}
_HIGHEST = {"area": 8, "zone": 64}


class PerimeterCommands:
    """`frame` numbers the frames of the gateway's side."""

    def __init__(self, host: str, settings: PanelSettings, frame: Callable[[int, bytes], PerimeterFrame]) -> None:
        self._host = host
        self._zones = {zone.id: zone.number for zone in settings.zones}
        self._frame = frame
        self._asked: dict[tuple[int, int], asyncio.Future[int]] = {}

    async def perform(self, line: SerialLine | None, command: Command) -> Json:
        """Returns what it was done to; CommandFailed when the host refuses or does not answer in time."""
        if command.action not in COMMANDS:
            raise no_such_command(self._host, command.action)
        function, what = COMMANDS[command.action]
        number = self._number(command, what)
        try:
            async with asyncio.timeout(command.limit.total_seconds()):
                result = await self._ask(line, function, number)
        except TimeoutError:
            en = f"{self._host} did not answer {command.action} {what} {number}"
            raise CommandFailed(Words("主机无应答", en)) from None
        if result:
            why = _RESULTS.get(result, Words(f"主机未执行，代码{result}", f"result {result:#04x}"))
            raise CommandFailed(Words(why.zh, f"{command.action} {what} {number} on {self._host}: {why}"))
        return {what: number}

    def answered(self, frame: PerimeterFrame) -> None:
        """A frame that may be the answer to one that waits."""
        waiting = self._asked.get((frame.function, frame.sequence))
        if waiting and not waiting.done() and frame.payload:
            waiting.set_result(frame.payload[0])

    def line_lost(self) -> None:
        """Whoever waits is told that no answer will come."""
        for waiting in self._asked.values():
            if not waiting.done():
                waiting.set_exception(LinkLost(Words("线路中断", "the line was lost")))

    def _number(self, command: Command, what: str) -> int:
        given = command.arguments.get(what, 1 if what == "area" else command.device)
        number = self._zones.get(given, given) if isinstance(given, str) else given
        if not isinstance(number, int) or not 1 <= number <= _HIGHEST[what]:
            en = f"{command.action} needs {what}: 1 to {_HIGHEST[what]}, and got {given!r}"
            raise CommandFailed(Words(f"{_NAMES[what]}应为1到{_HIGHEST[what]}", en))
        return number

    async def _ask(self, line: SerialLine | None, function: int, number: int) -> int:
        if line is None:
            raise CommandFailed(Words("主机线路中断", f"the line to {self._host} is down"))
        frame = self._frame(function, bytes((number,)))
        key = (function | REPLY, frame.sequence)
        waiting: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._asked[key] = waiting
        try:
            await line.write(frame.encode())
            return await waiting
        except LinkLost as error:
            en = f"the line to {self._host} was lost before it answered"
            raise CommandFailed(Words("线路中断，主机没有应答", en)) from error
        finally:
            del self._asked[key]
