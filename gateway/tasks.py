"""Tasks whose end is noticed, whatever ends them.

A coroutine can't tell from its own task whether it is to end. After a child failed in an `asyncio.TaskGroup`,
`current_task().cancelling()` stays 1 on Python 3.11 and 3.12 (gh-116720; 0 on 3.13), and a CancelledError may come
from any future that a library gave up. A TaskGroup takes a child that was cancelled, or that returned, for a good end.
So what must run on is awaited here, in a task of its own: only who cancels the caller ends it quietly.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any, NoReturn, TypeVar

from gateway.errors import AnjuError, LinkLost, LoginRefused

T = TypeVar("T")
_RANKS = (LoginRefused, LinkLost, AnjuError, OSError, Exception)
"""Of several errors at once the first of these says most: a refused login must be left alone for minutes."""


class UnexpectedEnd(Exception):
    """Work ended though nobody had told it to: it returned, was cancelled from inside, or tried to end the program."""


async def run_isolated(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which runs in a task of its own.

    Raises what it raises (of an ExceptionGroup the error that says most, the group as its cause), CancelledError
    only when the caller is cancelled, and Stray for every other CancelledError or BaseException of the work's.
    """
    async with asyncio.TaskGroup() as own:
        task = own.create_task(_outcome(work))
    if task.cancelled():
        raise UnexpectedEnd("it was cancelled by something of its own")
    result, error = task.result()
    if error is None:
        return result[0]
    said = most_relevant_error(error)
    if not isinstance(said, Exception):
        raise UnexpectedEnd(f"{type(said).__name__}: {said}") from said
    raise said from (error if said is not error else said.__cause__)


async def run_forever(name: str, work: Coroutine[Any, Any, Any]) -> NoReturn:
    """Run what has no end. Raises what it raises, and Stray with its name when it ends in any other way."""
    try:
        await run_isolated(work)
    except UnexpectedEnd as error:
        raise UnexpectedEnd(f"{name}: {error}") from error
    raise UnexpectedEnd(f"{name} returned, and was to run for good")


def most_relevant_error(error: BaseException) -> BaseException:
    """The error that says most in an ExceptionGroup, however deep; any other error is itself."""
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
    except BaseException as error:  # noqa: BLE001  # also SystemExit and a Rust library's panic: raised by who awaits it
        return [], error
