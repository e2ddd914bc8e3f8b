"""Supervises the gateway's own tasks: reports each one that ends or gets stuck.

When a vital task ends, the gateway ends and the service manager restarts it: the task's state can only be rebuilt from
the journal. Any other task is restarted. Both are reported by an alert that names the task, by /readyz and in the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import structlog

from gateway.model import Words
from gateway.tasks import for_good

log = structlog.get_logger(__name__)
MIN_BACKOFF_S, MAX_BACKOFF_S = 1.0, 60.0
CHECK_INTERVAL_S = 1.0
RECOVERED_AFTER_S = 60.0
"""A restarted task that has run this long counts as recovered."""


@dataclass(frozen=True, slots=True)
class BackgroundTask:
    """`run` is called for each start. `keeps_up`: whether the task makes progress, for tasks that can tell."""

    name: str
    words: Words
    run: Callable[[], Coroutine[Any, Any, Any]]
    is_vital: bool = False
    keeps_up: Callable[[], bool] = lambda: True


class BackgroundTasks:
    """`failed(task, why)` and `restored(task)` raise and clear alerts."""

    def __init__(
        self, tasks: Sequence[BackgroundTask], failed: Callable[[str, Words], None], restored: Callable[[str], None]
    ) -> None:
        self._tasks = tasks
        self._failed, self._restored = failed, restored
        self._restarted: dict[str, float] = {}
        """Tasks that ended, and when they were last restarted; infinity while they wait for that."""
        self._stuck: set[str] = set()

    def ready(self) -> Mapping[str, bool]:
        """For each task, whether it runs and makes progress."""
        return {task.name: self._is_ready(task) for task in self._tasks}

    async def run(self) -> NoReturn:
        """Run all tasks, until cancelled. Raises what a vital task raised."""
        async with asyncio.TaskGroup() as group:
            for task in self._tasks:
                group.create_task(self._supervise(task), name=task.name)
            while True:
                self._check()
                await asyncio.sleep(CHECK_INTERVAL_S)
        raise AssertionError("the loop above has no end")

    async def _supervise(self, task: BackgroundTask) -> None:
        pause = MIN_BACKOFF_S
        while not task.is_vital:
            began = _now()
            try:
                await for_good(task.name, task.run())
            except Exception as error:
                log.exception("background task ended, restarting it", task=task.name)
                self._report_end(task, f"{type(error).__name__}: {error}")
            pause = MIN_BACKOFF_S if _now() - began > RECOVERED_AFTER_S else min(2 * pause, MAX_BACKOFF_S)
            await asyncio.sleep(pause)
            self._restarted[task.name] = _now()
        # A vital task's exception is not caught: it ends the task group, and with it the gateway.
        await for_good(task.name, task.run())

    def _report_end(self, task: BackgroundTask, why: str) -> None:
        self._restarted[task.name] = float("inf")
        self._failed(
            task.name,
            Words(
                f"网关内部任务“{task.words.zh}”中断，正在重新启动，请通知安装员（{why}）",
                f"the gateway's own task {task.words.en!r} ended and is being restarted: {why}",
            ),
        )

    def _check(self) -> None:
        now = _now()
        for task in self._tasks:
            if now - self._restarted.get(task.name, now) > RECOVERED_AFTER_S:
                del self._restarted[task.name]
                self._restored(task.name)
            if task.keeps_up() == (task.name in self._stuck):
                self._report_progress(task)

    def _report_progress(self, task: BackgroundTask) -> None:
        """Report a task that has just got stuck, or makes progress again."""
        if task.name in self._stuck:
            self._stuck.discard(task.name)
            log.info("background task makes progress again", task=task.name)
            self._restored(task.name)
            return
        self._stuck.add(task.name)
        log.error("background task makes no progress", task=task.name)
        self._failed(
            task.name,
            Words(
                f"网关内部任务“{task.words.zh}”停滞，新事件可能没有处理，请通知安装员，必要时重启网关",
                f"the gateway's own task {task.words.en!r} makes no progress: new events may not be handled; restart"
                " the gateway if that lasts",
            ),
        )

    def _is_ready(self, task: BackgroundTask) -> bool:
        return task.name not in self._stuck and self._restarted.get(task.name) != float("inf") and task.keeps_up()


def _now() -> float:
    return asyncio.get_running_loop().time()
