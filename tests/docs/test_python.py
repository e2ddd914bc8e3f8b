"""The Python of the pages: its types are right under mypy's strict rules, and its tests pass."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.docs.blocks import ROOT, all_blocks
from tests.docs.site import python_blocks

LIMIT_S = 120
LOOP_SCOPE = "asyncio_default_fixture_loop_scope=function"
"""pytest-asyncio warns where it is unset; a package without that plugin needs nothing."""


def _ran(site: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=site,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def test_every_block_names_its_file_or_says_why_it_is_not_run() -> None:
    odd = [str(block) for block in all_blocks("python") if not block.reason and not block.mark.endswith(".py")]
    assert not odd


def test_the_types_are_right(site: Path) -> None:
    _ran(site, "mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache" / "docs"), "acme")


def test_the_tests_pass(site: Path) -> None:
    said = _ran(site, "pytest", "-q", "-p", "no:cacheprovider", "-o", LOOP_SCOPE, "acme")
    assert "passed" in said


def test_the_driver_is_short() -> None:
    (driver,) = [block for block in python_blocks() if block.mark == "acme/siren.py"]
    assert driver.text.count("\n") <= 60
