"""Runs coroutines so that their end is noticed, whatever ends them.

A coroutine can't tell from its own task whether it is being cancelled. After a child failed in an `asyncio.TaskGroup`,
`current_task().cancelling()` stays 1 on Python 3.11 and 3.12 (gh-116720; 0 on 3.13), and a CancelledError may come
from any future that a library cancelled. A TaskGroup ignores it when a child was cancelled or returned. So what must
run for ever is awaited here, in a task of its own: only a cancellation of the caller ends it without an error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any, NoReturn, TypeVar

from gateway.errors import AnjuError, LinkLost, LoginRefused

T = TypeVar("T")
_RANKS = (LoginRefused, LinkLost, AnjuError, OSError, Exception)
"""The most relevant error first: after a refused login the device must be left alone for minutes."""


class UnexpectedEnd(Exception):
    """Work ended though nobody cancelled it: it returned, was cancelled from inside, or tried to end the program."""


async def run_isolated(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which runs in a task of its own.

    Raises what it raises (of an ExceptionGroup the most relevant error, with the group as its cause), CancelledError
    only when the caller is cancelled, and UnexpectedEnd for any other CancelledError or BaseException of the work.
    """
    # A group for one task: it cancels the task when the caller is cancelled, and waits for its end.
    async with asyncio.TaskGroup() as own:
        task = own.create_task(_outcome(work))
    if task.cancelled():  # and not the caller, or the line above would have raised
        raise UnexpectedEnd("it was cancelled by something of its own")
    result, error = task.result()
    if error is None:
        return result[0]
    relevant = most_relevant_error(error)
    if not isinstance(relevant, Exception):
        raise UnexpectedEnd(f"{type(relevant).__name__}: {relevant}") from relevant
    raise relevant from (error if relevant is not error else relevant.__cause__)


async def run_forever(name: str, work: Coroutine[Any, Any, Any]) -> NoReturn:
    """Await work that must not end. Raises what it raises, and UnexpectedEnd with `name` when it ends otherwise."""
    try:
        await run_isolated(work)
    except UnexpectedEnd as error:
        raise UnexpectedEnd(f"{name}: {error}") from error
    raise UnexpectedEnd(f"{name} returned, and was to run for ever")


def most_relevant_error(error: BaseException) -> BaseException:
    """The most relevant error in an ExceptionGroup, however deep; any other error is returned as it is."""
    return min(_leaves(error), key=_rank)


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _leaves(each)
    else:
        yield error


def _rank(error: BaseException) -> int:
    return next((rank for rank, kind in enumerate(_RANKS) if isinstance(error, kind)), len(_RANKS))


async def _outcome(work: Coroutine[Any, Any, T]) -> tuple[list[T], BaseException | None]:
    try:
        return [await work], None
    except (asyncio.CancelledError, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001  # also SystemExit and a Rust library's panic: `run_isolated` raises it
        return [], error
