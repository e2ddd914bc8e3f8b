"""Two real ways to have no room left under a running gateway, and to have it again."""

from __future__ import annotations

import contextlib
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.support.gateway import Gateway


class Disk(Protocol):
    folder: Path

    def fill(self, gateway: Gateway) -> None: ...

    def free(self, gateway: Gateway) -> None: ...


class SmallFilesystem:
    """A tmpfs of its own, and a file that takes all that is left: SQLITE_FULL."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, gateway: Gateway) -> None:
        with self._ballast.open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
            while True:
                ballast.write(bytes(4096))
        assert shutil.disk_usage(self.folder).free == 0

    def free(self, gateway: Gateway) -> None:
        self._ballast.unlink(missing_ok=True)


class SizeLimit:
    """RLIMIT_FSIZE of the running process: no file may grow past its first byte, writes end in EFBIG."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, gateway: Gateway) -> None:
        self._limit(gateway, 1)

    def free(self, gateway: Gateway) -> None:
        self._limit(gateway, resource.RLIM_INFINITY)

    def _limit(self, gateway: Gateway, size: int) -> None:
        resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@contextlib.contextmanager
def small_filesystem(folder: Path) -> Iterator[SmallFilesystem]:
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], check=False, capture_output=True, text=True
    )
    if mounted.returncode != 0:
        why = mounted.stderr.strip() or "mount failed"
        pytest.skip(f"a filesystem can't be mounted here ({why}); the size limit tries the same")
    try:
        yield SmallFilesystem(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def size_limit(folder: Path) -> Iterator[SizeLimit]:
    folder.mkdir()
    yield SizeLimit(folder)
