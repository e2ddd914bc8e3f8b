"""What a driver must know again after a restart of the gateway: strings in a small file of the data folder.

For what may not wait for the journal and can't be derived from it: a fire linkage that is latched must hold while
nothing else works. A file that can't be read counts as empty.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Callable, Collection
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)
RETRY_S = 1.0
"""How long to wait before a failed write is tried again."""


class StateFile:
    """One file; without a path nothing is stored."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._write_lock = threading.Lock()

    def read(self) -> frozenset[str]:
        """The strings in the file; empty if there is none, or it can't be read."""
        if self._file is None or not self._file.exists():
            return frozenset()
        try:
            stored = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError) as error:
            log.error("state file can't be read", file=str(self._file), why=str(error))
            return frozenset()
        return frozenset(each for each in stored if isinstance(each, str)) if isinstance(stored, list) else frozenset()

    def write(self, state: Collection[str]) -> None:
        """Replace the file; returns once it is on disk, whole or not at all. Raises OSError."""
        if self._file is not None:
            with self._write_lock:
                _replace(self._file, json.dumps(sorted(state)))


class StateWriter:
    """Writes the file whenever `state()` differs from what it holds."""

    def __init__(self, file: StateFile, state: Callable[[], frozenset[str]]) -> None:
        self._file, self._state = file, state
        self._written = file.read()
        self._changed = asyncio.Event()

    def check(self) -> None:
        """The state may have changed: wake `run` if it has."""
        if self._state() != self._written:
            self._changed.set()

    async def run(self) -> None:
        """Write changes until cancelled, each in a thread."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            state = self._state()
            try:
                await asyncio.to_thread(self._file.write, state)
            except OSError as error:
                log.error("state file can't be written, trying again", why=str(error))
                await asyncio.sleep(RETRY_S)
                self._changed.set()  # try again even if nothing changes meanwhile
            else:
                self._written = state

    def close(self) -> None:
        """Write now what `run` has not written yet. Blocks."""
        try:
            if self._state() != self._written:
                self._file.write(self._state())
        except OSError as error:
            log.error("state is lost: the file can't be written", why=str(error))


def _replace(file: Path, text: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    with draft.open("w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)
    folder = os.open(file.parent, os.O_DIRECTORY)
    try:
        os.fsync(folder)  # the rename is on disk only once the folder is
    finally:
        os.close(folder)
