"""The one writer: commits what has queued while the last commit ran (group commit).

A unit is a function of the connection. Units of one group share a transaction; when one
of them fails the group is rolled back and each is tried alone, so a unit may run twice
and must touch nothing but the connection. Urgent units (alarms) go before the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from gateway.errors import NotRecorded

T = TypeVar("T")
Unit = Callable[[sqlite3.Connection], Any]


@dataclass(frozen=True, slots=True)
class _Pending:
    unit: Unit
    future: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


class Writer(threading.Thread):
    """Owns the writing connection from here on, and closes it. `group` bounds how many units share a commit."""

    def __init__(self, connection: sqlite3.Connection, group: int = 1000) -> None:
        super().__init__(name="anju-writer", daemon=True)
        self._connection = connection
        self._group = group
        self._loop = asyncio.get_running_loop()
        self._waiting = threading.Condition()
        self._urgent: deque[_Pending] = deque()
        self._ordinary: deque[_Pending] = deque()
        self._stopping = False
        self.commits = 0
        self.units = 0

    def submit(self, unit: Callable[[sqlite3.Connection], T], *, urgent: bool = False) -> asyncio.Future[T]:
        """Queue a unit; the future holds what it returned, once that is on disk.

        The future raises NotRecorded when the disk would not take it, or what the unit raised.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        with self._waiting:
            if self._stopping:
                future.set_exception(NotRecorded("the store is closed"))
                return future
            (self._urgent if urgent else self._ordinary).append(_Pending(unit, future))
            self._waiting.notify()
        return future

    def stop(self) -> None:
        """Write what has queued, then end; join() after it."""
        with self._waiting:
            self._stopping = True
            self._waiting.notify()

    def run(self) -> None:
        try:
            while group := self._take():
                outcomes = self._commit(self._connection, group)
                self.commits += 1
                self.units += len(group)
                with contextlib.suppress(RuntimeError):  # the loop closed while we wrote: nobody waits any more
                    self._loop.call_soon_threadsafe(_settle, group, outcomes)
        finally:
            self._connection.close()

    def _take(self) -> list[_Pending]:
        with self._waiting:
            while not (self._urgent or self._ordinary or self._stopping):
                self._waiting.wait()
            group: list[_Pending] = []
            for queue in (self._urgent, self._ordinary):
                while queue and len(group) < self._group:
                    group.append(queue.popleft())
            return group

    def _commit(self, connection: sqlite3.Connection, group: list[_Pending]) -> list[Any]:
        try:
            return _together(connection, [pending.unit for pending in group])
        except Exception:  # noqa: BLE001  # whatever one unit raises is its own caller's, told below
            return [_alone(connection, pending.unit) for pending in group]


def _together(connection: sqlite3.Connection, units: list[Unit]) -> list[Any]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        results = [unit(connection) for unit in units]
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return results


def _alone(connection: sqlite3.Connection, unit: Unit) -> Any:
    try:
        return _together(connection, [unit])[0]
    except Exception as error:  # noqa: BLE001  # handed to the caller through its future
        return _Failed(NotRecorded(f"the record can't be written: {error}") if is_the_disks(error) else error)


def is_the_disks(error: Exception) -> bool:
    """Whether it tells of the disk, or of what it made of the file, and not of a mistake in a statement."""
    broken = type(error) is sqlite3.DatabaseError  # SQLITE_CORRUPT and SQLITE_NOTADB have no class of their own
    return broken or isinstance(error, sqlite3.OperationalError | sqlite3.InternalError | OSError)


def _settle(group: list[_Pending], outcomes: list[Any]) -> None:
    for pending, outcome in zip(group, outcomes, strict=True):
        if pending.future.done():
            continue
        if isinstance(outcome, _Failed):
            pending.future.set_exception(outcome.error)
        else:
            pending.future.set_result(outcome)
