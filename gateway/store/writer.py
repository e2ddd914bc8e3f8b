"""The one writer: commits what has queued while the last commit ran (group commit).

A unit is a function of the connection. Units of one group share a transaction; when one
of them fails the group is rolled back and each is tried alone, so a unit may run twice
and must touch nothing but the connection. Urgent units (alarms) go before the others.

A group that meets a damaged file is written into the fresh one that takes its place. Without a connection, where
nothing can be written, every unit is refused, and the file is tried again once a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from gateway.errors import NotRecorded
from gateway.store.connection import is_damage, is_the_disks
from gateway.store.database import Database

AGAIN_S = 1.0
T = TypeVar("T")
Unit = Callable[[sqlite3.Connection], Any]


@dataclass(frozen=True, slots=True)
class _Pending:
    unit: Unit
    future: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


@dataclass(frozen=True, slots=True)
class _Suspicion:
    """Somebody met damage while the database had this generation; `settled` once something has come of it."""

    generation: int
    error: BaseException
    settled: asyncio.Future[Any]


class Writer(threading.Thread):
    """Owns the writing connection from here on, and closes it. `group` bounds how many units share a commit."""

    def __init__(self, database: Database, connection: sqlite3.Connection | None, group: int = 1000) -> None:
        super().__init__(name="anju-writer", daemon=True)
        self._database = database
        self._connection = connection
        self._group = group
        self._loop = asyncio.get_running_loop()
        self._waiting = threading.Condition()
        self._urgent: deque[_Pending] = deque()
        self._ordinary: deque[_Pending] = deque()
        self._suspicions: deque[_Suspicion] = deque()
        self._stopping = False
        self._tried = time.monotonic()
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

    def suspect(self, generation: int, error: BaseException) -> asyncio.Future[None]:
        """A reader met damage: the database is renewed, unless that was done since. Done once it is, or can't be."""
        future: asyncio.Future[None] = self._loop.create_future()
        with self._waiting:
            if self._stopping:
                future.set_result(None)
            else:
                self._suspicions.append(_Suspicion(generation, error, future))
                self._waiting.notify()
        return future

    def stop(self) -> None:
        """Write what has queued, then end; join() after it."""
        with self._waiting:
            self._stopping = True
            self._waiting.notify()

    def run(self) -> None:
        try:
            while (group := self._take()) is not None:
                self._look_into_suspicions()
                if not group:
                    continue
                outcomes = self._commit([pending.unit for pending in group])
                self.commits += 1
                self.units += len(group)
                self._tell_loop(_settle, group, outcomes)
        finally:
            self._close()

    def _take(self) -> list[_Pending] | None:
        with self._waiting:
            while not (self._urgent or self._ordinary or self._suspicions or self._stopping):
                self._waiting.wait()
            group: list[_Pending] = []
            for queue in (self._urgent, self._ordinary):
                while queue and len(group) < self._group:
                    group.append(queue.popleft())
            return None if self._stopping and not group and not self._suspicions else group

    def _look_into_suspicions(self) -> None:
        while self._suspicions:
            suspicion = self._suspicions.popleft()
            if suspicion.generation == self._database.generation:
                self._renewed(suspicion.error)
            self._tell_loop(_settle, [_Pending(_nothing, suspicion.settled)], [None])

    def _commit(self, units: list[Unit]) -> list[Any]:
        if not self._can_write():
            refused = _Failed(NotRecorded(f"the record can't be written: {self._database.why}"))
            return [refused] * len(units)
        try:
            return self._together(units)
        except Exception as error:  # noqa: BLE001  # whatever one unit raises is its own caller's, told below
            if is_damage(error) and self._renewed(error):
                return self._commit(units)
            return [self._alone(unit) for unit in units]

    def _alone(self, unit: Unit) -> Any:
        try:
            return self._together([unit])[0]
        except Exception as error:  # noqa: BLE001  # handed to the caller through its future
            if is_damage(error) and self._renewed(error):
                return self._alone(unit)
            if not is_the_disks(error):
                return _Failed(error)
            return _Failed(NotRecorded(f"the record can't be written: {error}{self._database.advice(error)}"))

    def _together(self, units: list[Unit]) -> list[Any]:
        assert self._connection is not None
        results = _together(self._connection, units)
        self._database.mark.committed(self._connection)
        return results

    def _renewed(self, error: BaseException) -> bool:
        """Whether a fresh database has taken the place of the damaged one. It takes a second for a million signals."""
        fresh = self._database.renew(self._connection, error)
        if fresh is None:
            return False
        self._connection = fresh
        return True

    def _can_write(self) -> bool:
        if self._connection is None and time.monotonic() - self._tried >= AGAIN_S:
            self._connection = self._database.reopen()
            self._tried = time.monotonic()
        return self._connection is not None

    def _tell_loop(self, tell: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop closed while we wrote: nobody waits any more
            self._loop.call_soon_threadsafe(tell, *arguments)

    def _close(self) -> None:
        """With the WAL merged, so that there is one file to copy; a command that reads just now may prevent that."""
        if self._connection is not None:
            self._database.save_registers(self._connection)
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.close()
        self._database.mark.close()


def _nothing(_connection: sqlite3.Connection) -> None: ...


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


def _settle(group: list[_Pending], outcomes: list[Any]) -> None:
    for pending, outcome in zip(group, outcomes, strict=True):
        if pending.future.done():
            continue
        if isinstance(outcome, _Failed):
            pending.future.set_exception(outcome.error)
        else:
            pending.future.set_result(outcome)
