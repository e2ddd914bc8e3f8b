"""The gateway's own tasks: one that ends or gets stuck is told, by its name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.app import background_tasks, task_list
from gateway.app.background_tasks import BackgroundTask, BackgroundTasks
from gateway.app.task_list import WriterProbe
from gateway.errors import NotRecorded
from gateway.model import Words
from gateway.tasks import Stray, cause

NAME = Words("清理", "purging")


class Told:
    def __init__(self) -> None:
        self.failed_: list[tuple[str, Words]] = []
        self.restored_: list[str] = []

    def failed(self, task: str, why: Words) -> None:
        self.failed_.append((task, why))

    def restored(self, task: str) -> None:
        self.restored_.append(task)


@asynccontextmanager
async def running(*made: BackgroundTask) -> AsyncIterator[tuple[BackgroundTasks, Told]]:
    told = Told()
    it = BackgroundTasks(made, told.failed, told.restored)
    task = asyncio.create_task(it.run())
    try:
        yield it, told
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_tasks, "MIN_BACKOFF_S", 0.005)
    monkeypatch.setattr(background_tasks, "CHECK_INTERVAL_S", 0.005)
    monkeypatch.setattr(background_tasks, "RECOVERED_AFTER_S", 0.05)


async def given_up() -> None:
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


async def breaks() -> None:
    raise ZeroDivisionError("a bug")


async def returns() -> None:
    pass


@pytest.mark.parametrize("end", [given_up, breaks, returns])
async def test_a_task_that_ends_is_told_by_its_name_and_started_again(end) -> None:
    starts = 0

    async def purge() -> None:
        nonlocal starts
        starts += 1
        if starts < 3:
            await end()
            return
        await asyncio.Event().wait()

    async with running(BackgroundTask("purge", NAME, purge)) as (it, told):
        await until(lambda: starts == 3 and it.ready() == {"purge": True} and told.restored_)
        assert {task for task, _ in told.failed_} == {"purge"}
        assert "清理" in told.failed_[0][1].zh
        assert "'purging' ended" in told.failed_[0][1].en
        assert it.ready() == {"purge": True}


@pytest.mark.parametrize("end", [given_up, breaks, returns])
async def test_a_vital_task_that_ends_ends_the_gateway(end) -> None:
    told = Told()
    with pytest.raises(ExceptionGroup) as ended:
        await BackgroundTasks([BackgroundTask("decisions", NAME, end, is_vital=True)], told.failed, told.restored).run()
    assert isinstance(cause(ended.value), Stray | ZeroDivisionError)


async def test_a_task_without_progress_is_told_once_and_again_when_it_goes_on() -> None:
    keeps_up = False
    async with running(BackgroundTask("decisions", NAME, asyncio.Event().wait, keeps_up=lambda: keeps_up)) as (
        it,
        told,
    ):
        await until(lambda: told.failed_)
        await asyncio.sleep(0.05)
        assert len(told.failed_) == 1
        assert "makes no progress" in told.failed_[0][1].en
        assert it.ready() == {"decisions": False}
        keeps_up = True
        await until(lambda: told.restored_ == ["decisions"])
        assert it.ready() == {"decisions": True}


async def test_a_writer_that_answers_nobody_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_list, "PROBE_INTERVAL_S", 0.005)
    monkeypatch.setattr(task_list, "PROBE_TIMEOUT_S", 0.02)
    answer: Any = asyncio.Event().wait

    class Store:
        async def write(self, _unit: object) -> None:
            await answer()

    probe = WriterProbe(Store())  # type: ignore[arg-type]
    task = asyncio.create_task(probe.run())
    await until(lambda: not probe.keeps_up())

    async def full() -> None:
        raise NotRecorded("full")

    answer = full
    await until(probe.keeps_up)
    task.cancel()
    await asyncio.wait([task])
