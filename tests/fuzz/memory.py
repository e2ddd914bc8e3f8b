"""How much a decoder holds, and whether its process grows.

tracemalloc would tell both, and make everything two to three times as slow. What a decoder holds is what can be
reached from it; what leaks elsewhere (a cache, a C library) shows in the process' resident memory and in the number
of Python's small blocks, once what is free is given back to the kernel.
"""

from __future__ import annotations

import ctypes
import gc
import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

_LIBC = ctypes.CDLL(None)
_STATM = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True)
class Footprint:
    """Of this process: bytes of RAM, and blocks of Python's own allocator (objects up to 512 bytes)."""

    resident: int
    blocks: int

    @classmethod
    def now(cls) -> Footprint:
        gc.collect()
        if hasattr(_LIBC, "malloc_trim"):
            _LIBC.malloc_trim(0)
        pages = int(_STATM.read_text().split()[1])
        return cls(pages * resource.getpagesize(), sys.getallocatedblocks())


def held_by(thing: object) -> int:
    """Bytes of everything that can be reached from it, without classes, modules and code."""
    seen: set[int] = set()
    total, left = 0, [thing]
    while left:
        one = left.pop()
        if id(one) in seen or isinstance(one, type | ModuleType | CodeType):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one, 0)
        left += _below(one)
    return total


def _below(one: object) -> list[object]:
    """A function reaches all of its module by its globals: only what it closes over is its own."""
    if isinstance(one, FunctionType):
        return [*(one.__closure__ or ()), *(one.__defaults__ or ())]
    return gc.get_referents(one)
