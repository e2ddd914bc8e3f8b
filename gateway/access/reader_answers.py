"""The answer at the reader: green and a tone for who may pass, red and three tones for who may not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from gateway.access.decision import AccessCode
from gateway.access.passage import Passage
from gateway.errors import AnjuError
from gateway.model import Command, Json

log = structlog.get_logger(__name__)
MAX_WAITING = 200
WAIT = Command("", "led", {"color": "amber", "seconds": 3})
"""At a two-person door: neither yes nor no, the second person is waited for."""


class ReaderAnswers:
    """`actions` are the commands of a device; a reader without `grant` and `deny` is told nothing.

    Answers are not on record: they come with the decision, which is.
    """

    def __init__(
        self,
        actions: Callable[[str], Mapping[str, frozenset[str]]],
        perform: Callable[[Command], Awaitable[Json | None]],
    ) -> None:
        self._actions = actions
        self._perform = perform
        self._queue: asyncio.Queue[Command] = asyncio.Queue(MAX_WAITING)

    def decided(self, passage: Passage) -> None:
        """A credential was decided about. Returns at once."""
        reader = passage.request.reader
        action = "grant" if passage.decision.granted else "deny"
        arguments: Json = {}
        if passage.decision.code is AccessCode.SECOND_PERSON:
            action, arguments = WAIT.action, WAIT.arguments
        if reader and action in self._actions(reader) and not self._queue.full():
            self._queue.put_nowait(Command(reader, action, arguments, "access"))

    async def run(self) -> None:
        """Answer until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                tasks.create_task(self._answer(await self._queue.get()))

    async def _answer(self, command: Command) -> None:
        try:
            async with asyncio.timeout(command.limit.total_seconds()):
                await self._perform(command)
        except (AnjuError, OSError, TimeoutError) as error:
            log.warning("a reader did not show the answer", reader=command.device, why=str(error))
