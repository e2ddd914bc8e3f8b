"""Work that is awaited in a task of its own."""

from __future__ import annotations

import asyncio

import pytest

from gateway.errors import LinkLost, LoginRefused
from gateway.tasks import UnexpectedEnd, most_relevant_error, run_forever, run_isolated


async def test_it_gives_what_the_work_gives_and_raises_what_it_raises():
    async def gives():
        return 7

    async def raises():
        raise LinkLost("gone")

    assert await run_isolated(gives()) == 7
    with pytest.raises(LinkLost, match="gone"):
        await run_isolated(raises())


async def test_who_cancels_the_caller_ends_the_work_and_is_not_taken_for_anybody_else():
    ended = asyncio.Event()

    async def works():
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await run_isolated(works())
    assert ended.is_set()


async def test_a_cancellation_from_inside_is_no_end_of_the_caller():
    async def given_up():
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    with pytest.raises(UnexpectedEnd):
        await run_isolated(given_up())
    task = asyncio.current_task()
    assert task.cancelling() == 0


async def test_what_runs_for_good_may_not_return():
    async def returns():
        pass

    with pytest.raises(UnexpectedEnd, match="the purge returned"):
        await run_forever("the purge", returns())


def test_of_several_errors_the_one_that_says_most():
    refused, gone = LoginRefused("no"), LinkLost("gone")
    several = BaseExceptionGroup("a", [SystemExit(1), ExceptionGroup("b", [ValueError("x"), gone, refused])])
    assert most_relevant_error(several) is refused
    assert most_relevant_error(ExceptionGroup("b", [ValueError("x"), OSError("y"), gone])) is gone
    assert most_relevant_error(gone) is gone
