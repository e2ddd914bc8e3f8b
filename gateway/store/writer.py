"""The only writing thread: commits the units that queued during the last commit together (group commit).

A unit is a function of the connection. Units of one group share a transaction; when one of them fails, the group is
rolled back and each is tried alone. So a unit may run twice and must touch nothing but the connection. Urgent units
(alarms) go before the others.

A group that finds the file damaged is written into the database that replaces it. Without a connection, when nothing
can be written, every unit fails, and opening the file is tried again once a second.
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
from gateway.store.connection import is_damage, is_disk_error
from gateway.store.database import Database

RETRY_INTERVAL_S = 1.0
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
class _DamageReport:
    """Damage found in the database of this generation; `handled` is done once the writer has dealt with it."""

    generation: int
    error: BaseException
    handled: asyncio.Future[Any]


class Writer(threading.Thread):
    """Owns the writing connection and closes it. `group`: the maximum number of units in a commit."""

    def __init__(self, database: Database, connection: sqlite3.Connection | None, group: int = 1000) -> None:
        super().__init__(name="anju-writer", daemon=True)
        self._database = database
        self._connection = connection
        self._group = group
        self._loop = asyncio.get_running_loop()
        self._condition = threading.Condition()
        self._urgent: deque[_Pending] = deque()
        self._ordinary: deque[_Pending] = deque()
        self._damage_reports: deque[_DamageReport] = deque()
        self._stopping = False
        self._last_reopen = time.monotonic()
        self.commits = 0
        self.units = 0

    def submit(self, unit: Callable[[sqlite3.Connection], T], *, urgent: bool = False) -> asyncio.Future[T]:
        """Queue a unit; the future has its result once the commit is on disk.

        The future raises NotRecorded when the disk fails, or what the unit raised.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        with self._condition:
            if self._stopping:
                future.set_exception(NotRecorded("the store is closed"))
                return future
            (self._urgent if urgent else self._ordinary).append(_Pending(unit, future))
            self._condition.notify()
        return future

    def report_damage(self, generation: int, error: BaseException) -> asyncio.Future[None]:
        """Report damage that a reader found. The future is done once the database is replaced, or can't be.

        A report about an earlier generation is ignored.
        """
        future: asyncio.Future[None] = self._loop.create_future()
        with self._condition:
            if self._stopping:
                future.set_result(None)
            else:
                self._damage_reports.append(_DamageReport(generation, error, future))
                self._condition.notify()
        return future

    def stop(self) -> None:
        """Write the queued units, then end the thread. Call join() after it."""
        with self._condition:
            self._stopping = True
            self._condition.notify()

    def run(self) -> None:
        """The thread's loop."""
        try:
            while (group := self._take()) is not None:
                self._handle_damage_reports()
                if not group:
                    continue
                outcomes = self._commit([pending.unit for pending in group])
                self.commits += 1
                self.units += len(group)
                self._call_in_loop(_set_results, group, outcomes)
        finally:
            self._close()

    def _take(self) -> list[_Pending] | None:
        with self._condition:
            while not (self._urgent or self._ordinary or self._damage_reports or self._stopping):
                self._condition.wait()
            group: list[_Pending] = []
            for queue in (self._urgent, self._ordinary):  # alarms first, even when sightings fill the group
                while queue and len(group) < self._group:
                    group.append(queue.popleft())
            # None ends the thread, but only after everything that was queued is written.
            return None if self._stopping and not group and not self._damage_reports else group

    def _handle_damage_reports(self) -> None:
        while self._damage_reports:
            report = self._damage_reports.popleft()
            if report.generation == self._database.generation:
                self._replace(report.error)
            self._call_in_loop(_set_results, [_Pending(_nothing, report.handled)], [None])

    def _commit(self, units: list[Unit]) -> list[Any]:
        if not self._can_write():
            failed = _Failed(NotRecorded(f"the record can't be written: {self._database.write_fault}"))
            return [failed] * len(units)
        try:
            return self._transaction(units)
        except Exception as error:  # noqa: BLE001  # one unit's error goes to its own caller, from _alone
            if is_damage(error) and self._replace(error):
                return self._commit(units)
            # One bad unit must not fail the others of its group.
            return [self._alone(unit) for unit in units]

    def _alone(self, unit: Unit) -> Any:
        try:
            return self._transaction([unit])[0]
        except Exception as error:  # noqa: BLE001  # handed to the caller through its future
            if is_damage(error) and self._replace(error):
                return self._alone(unit)
            if not is_disk_error(error):
                return _Failed(error)
            return _Failed(NotRecorded(f"the record can't be written: {error}{self._database.advice(error)}"))

    def _transaction(self, units: list[Unit]) -> list[Any]:
        assert self._connection is not None
        results = _transaction(self._connection, units)
        self._database.watermark.committed(self._connection)
        return results

    def _replace(self, error: BaseException) -> bool:
        """Replace the damaged database; whether that worked. Takes a second for a million signals."""
        fresh = self._database.replace(self._connection, error)
        if fresh is None:
            return False
        self._connection = fresh
        return True

    def _can_write(self) -> bool:
        if self._connection is None and time.monotonic() - self._last_reopen >= RETRY_INTERVAL_S:
            self._connection = self._database.reopen()
            self._last_reopen = time.monotonic()
        return self._connection is not None

    def _call_in_loop(self, callback: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed during the commit: nobody waits any more
            self._loop.call_soon_threadsafe(callback, *arguments)

    def _close(self) -> None:
        if self._connection is not None:
            self._database.save_registers(self._connection)
            # An empty WAL leaves one file to copy as a backup. A command that reads just now may prevent it.
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.close()
        self._database.watermark.close()


def _nothing(_connection: sqlite3.Connection) -> None: ...


def _transaction(connection: sqlite3.Connection, units: list[Unit]) -> list[Any]:
    # IMMEDIATE takes the write lock now: a deferred one could fail in the middle, when a command writes too.
    connection.execute("BEGIN IMMEDIATE")
    try:
        results = [unit(connection) for unit in units]
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # some errors, such as SQLITE_FULL, have rolled back already
            connection.execute("ROLLBACK")
        raise
    return results


def _set_results(group: list[_Pending], outcomes: list[Any]) -> None:
    for pending, outcome in zip(group, outcomes, strict=True):
        if pending.future.done():  # cancelled by its caller
            continue
        if isinstance(outcome, _Failed):
            pending.future.set_exception(outcome.error)
        else:
            pending.future.set_result(outcome)
