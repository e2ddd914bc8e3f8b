"""Commands to a perimeter host, and the requests that wait for its reply."""

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
"""Action → function code and the name of its argument."""
REPLY_FUNCTIONS = frozenset(function | REPLY for function, _ in COMMANDS.values())
_RESULTS = {
    1: Words("主机拒绝执行", "the host refused it"),
    2: Words("主机没有这个防区或分区，请通知安装员", "the host has no such zone or area"),
}
_NAMES = {"area": "分区", "zone": "防区"}
_MAX_NUMBER = {"area": 8, "zone": 64}


class PerimeterCommands:
    """Performs the commands of one host. `make_frame` builds a frame with the next sequence number.

    Replies carry the sequence number of their request, so several commands may be pending at once.
    """

    def __init__(self, host: str, settings: PanelSettings, make_frame: Callable[[int, bytes], PerimeterFrame]) -> None:
        self._host = host
        self._zones = {zone.id: zone.number for zone in settings.zones}
        self._make_frame = make_frame
        self._pending: dict[tuple[int, int], asyncio.Future[int]] = {}

    async def perform(self, line: SerialLine | None, command: Command) -> Json:
        """Perform a command and return its zone or area.

        Raises CommandFailed if the host rejects it or does not reply within the command's limit.
        """
        if command.action not in COMMANDS:
            raise no_such_command(self._host, command.action)
        function, argument = COMMANDS[command.action]
        number = self._number(command, argument)
        try:
            async with asyncio.timeout(command.limit.total_seconds()):
                result = await self._request(line, function, number)
        except TimeoutError:
            en = f"{self._host} did not answer {command.action} {argument} {number}"
            raise CommandFailed(Words("主机无应答", en)) from None
        if result:
            why = _RESULTS.get(result, Words(f"主机未执行，代码{result}", f"result {result:#04x}"))
            raise CommandFailed(Words(why.zh, f"{command.action} {argument} {number} on {self._host}: {why}"))
        return {argument: number}

    def handle_reply(self, frame: PerimeterFrame) -> None:
        """Complete the pending request that the frame replies to, if there is one."""
        reply = self._pending.get((frame.function, frame.sequence))
        if reply and not reply.done() and frame.payload:
            reply.set_result(frame.payload[0])

    def fail_pending(self) -> None:
        """The line is lost: fail all pending requests."""
        for reply in self._pending.values():
            if not reply.done():
                reply.set_exception(LinkLost(Words("线路中断", "the line was lost")))

    def _number(self, command: Command, argument: str) -> int:
        # Most hosts have one area, so 1 is the default; a command to a zone without an argument is about that zone.
        given = command.arguments.get(argument, 1 if argument == "area" else command.device)
        number = self._zones.get(given, given) if isinstance(given, str) else given
        if not isinstance(number, int) or not 1 <= number <= _MAX_NUMBER[argument]:
            en = f"{command.action} needs {argument}: 1 to {_MAX_NUMBER[argument]}, and got {given!r}"
            raise CommandFailed(Words(f"{_NAMES[argument]}应为1到{_MAX_NUMBER[argument]}", en))
        return number

    async def _request(self, line: SerialLine | None, function: int, number: int) -> int:
        if line is None:
            raise CommandFailed(Words("主机线路中断", f"the line to {self._host} is down"))
        frame = self._make_frame(function, bytes((number,)))
        key = (function | REPLY, frame.sequence)
        reply: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._pending[key] = reply  # before the write: the reply may arrive before `write` returns
        try:
            await line.write(frame.encode())
            return await reply
        except LinkLost as error:
            en = f"the line to {self._host} was lost before it answered"
            raise CommandFailed(Words("线路中断，主机没有应答", en)) from error
        finally:
            del self._pending[key]
