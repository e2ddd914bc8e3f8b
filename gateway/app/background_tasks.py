"""The gateway's own tasks: none ends or gets stuck without somebody noticing.

One that everything hangs on ends the gateway when it ends, and the service manager starts it anew: its state can't
be made again but from the journal. Any other is started again. Both are told: by an alert that names the task, by
/readyz and in the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import structlog

from gateway.backoff import ExponentialBackoff
from gateway.model import Words
from gateway.tasks import run_forever

log = structlog.get_logger(__name__)
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
LOOK_S = 1.0
STEADY_S = 60.0
"""A task that ran on for so long after it was started again is well."""


@dataclass(frozen=True, slots=True)
class BackgroundTask:
    """`run` is called for each start. `keeps_up` says whether it makes progress, where it can be seen."""

    name: str
    words: Words
    run: Callable[[], Coroutine[Any, Any, Any]]
    is_vital: bool = False
    keeps_up: Callable[[], bool] = lambda: True


class BackgroundTasks:
    """`failed(task, why)` and `restored(task)` tell people."""

    def __init__(
        self, works: Sequence[BackgroundTask], failed: Callable[[str, Words], None], restored: Callable[[str], None]
    ) -> None:
        self._works = works
        self._failed, self._restored = failed, restored
        self._troubled: dict[str, float] = {}
        """Those that ended, and when they were last started."""
        self._stuck: set[str] = set()

    def ready(self) -> Mapping[str, bool]:
        """Each task, and whether it runs and makes progress."""
        return {work.name: self._is_well(work) for work in self._works}

    async def run(self) -> NoReturn:
        """Raises what a vital task ended with."""
        async with asyncio.TaskGroup() as tasks:
            for work in self._works:
                tasks.create_task(self._keep(work), name=work.name)
            while True:
                self._look()
                await asyncio.sleep(LOOK_S)
        raise AssertionError("the loop above has no end")

    async def _keep(self, work: BackgroundTask) -> None:
        backoff = ExponentialBackoff(FIRST_PAUSE_S, LONGEST_PAUSE_S)
        while not work.is_vital:
            began = _now()
            try:
                await run_forever(work.name, work.run())
            except Exception as error:
                log.exception("a task of the gateway ended and is started again", task=work.name)
                self._note(work, f"{type(error).__name__}: {error}")
            if _now() - began > STEADY_S:
                backoff.reset()
            await asyncio.sleep(backoff.next_delay())
            self._troubled[work.name] = _now()
        await run_forever(work.name, work.run())

    def _note(self, work: BackgroundTask, why: str) -> None:
        self._troubled[work.name] = float("inf")
        self._failed(
            work.name,
            Words(
                f"网关内部任务“{work.words.zh}”中断，正在重新启动，请通知安装员（{why}）",
                f"the gateway's own task {work.words.en!r} ended and is started again: {why}",
            ),
        )

    def _look(self) -> None:
        now = _now()
        for work in self._works:
            if now - self._troubled.get(work.name, now) > STEADY_S:
                del self._troubled[work.name]
                self._restored(work.name)
            if work.keeps_up() == (work.name in self._stuck):
                self._turn(work)

    def _turn(self, work: BackgroundTask) -> None:
        """It has just got stuck, or goes on."""
        if work.name in self._stuck:
            self._stuck.discard(work.name)
            log.info("a task of the gateway goes on", task=work.name)
            self._restored(work.name)
            return
        self._stuck.add(work.name)
        log.error("a task of the gateway makes no progress", task=work.name)
        self._failed(
            work.name,
            Words(
                f"网关内部任务“{work.words.zh}”停滞，新事件可能没有处理，请通知安装员，必要时重启网关",
                f"the gateway's own task {work.words.en!r} makes no progress: new events may not be handled; restart it"
                " if that lasts",
            ),
        )

    def _is_well(self, work: BackgroundTask) -> bool:
        return work.name not in self._stuck and self._troubled.get(work.name) != float("inf") and work.keeps_up()


def _now() -> float:
    return asyncio.get_running_loop().time()
