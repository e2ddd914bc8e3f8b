"""Each run in a process of its own: a C library that crashes takes no other with it, and memory is its alone."""

from __future__ import annotations

import multiprocessing
import resource
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection

from tests.fuzz.registry import SUBJECTS
from tests.fuzz.result import Failure, Result
from tests.fuzz.run import Run

SILENT_S = 120.0
"""Without a word from it, on a machine that others use too, it hangs where Python can't break it off."""
MOST_MEMORY = 4 << 30
"""Bytes of address space: beyond it there is MemoryError instead of a machine that swaps."""


def run(name: str, size: int, seed: int, tell: Callable[[int], None]) -> Result:
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload([__name__])  # importing all decoders takes three seconds
    ours, theirs = forks.Pipe(duplex=False)
    process = forks.Process(target=_work, args=(name, size, seed, theirs), name=f"fuzz {name}")
    process.start()
    theirs.close()
    at = 0
    try:
        while ours.poll(SILENT_S):
            said = ours.recv()
            if isinstance(said, Result):
                return said
            at = said
            tell(at)
        return Result(name, at, failure=Failure(f"it hangs: nothing was heard of it for {SILENT_S:g} s"))
    except EOFError:
        process.join()
        return Result(name, at, failure=Failure(f"its process died after {at} bytes: {_cause(process.exitcode or 0)}"))
    finally:
        process.kill()
        process.join()
        ours.close()


def _work(name: str, size: int, seed: int, tell: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    tell.send(Run(SUBJECTS[name], size, seed, tell.send).result())


def _cause(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
