"""What a line must know again after the gateway was restarted: words in a small file of the data folder.

For what may not wait for the journal or be learned from it: a fire linkage that is latched holds while nothing
else works. A file that can't be read says nothing.
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
AGAIN_S = 1.0
"""Until a disk that took nothing is tried again."""


class StateFile:
    """One file; without one nothing is kept."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._one_at_a_time = threading.Lock()

    def read(self) -> frozenset[str]:
        if self._file is None or not self._file.exists():
            return frozenset()
        try:
            words = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError) as error:
            log.error("what a line was doing can't be read", file=str(self._file), why=str(error))
            return frozenset()
        return frozenset(word for word in words if isinstance(word, str)) if isinstance(words, list) else frozenset()

    def write(self, words: Collection[str]) -> None:
        """Returns once they are on disk in place of those before, wholly or not at all. Raises OSError."""
        if self._file is not None:
            with self._one_at_a_time:
                _replace(self._file, json.dumps(sorted(words)))


class StateWriter:
    """Keeps the notes as `owed` says."""

    def __init__(self, notes: StateFile, owed: Callable[[], frozenset[str]]) -> None:
        self._notes, self._owed = notes, owed
        self._noted = notes.read()
        self._changed = asyncio.Event()

    def look(self) -> None:
        """It may have changed."""
        if self._owed() != self._noted:
            self._changed.set()

    async def run(self) -> None:
        """Runs for good; writes in a thread of its own."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            owed = self._owed()
            try:
                await asyncio.to_thread(self._notes.write, owed)
            except OSError as error:
                log.error("what a line does would not outlive the gateway", why=str(error))
                await asyncio.sleep(AGAIN_S)
                self._changed.set()
            else:
                self._noted = owed

    def end(self) -> None:
        """Write what is not written yet, at once."""
        try:
            if self._owed() != self._noted:
                self._notes.write(self._owed())
        except OSError as error:
            log.error("what a line does does not outlive the gateway", why=str(error))


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
        os.fsync(folder)
    finally:
        os.close(folder)
