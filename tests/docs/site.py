"""The Python of the pages as a third party's package: each block is written to the path it names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.docs.blocks import Block, all_blocks


def python_blocks() -> Sequence[Block]:
    """Those that name a file."""
    return [block for block in all_blocks("python") if not block.reason]


def write_site(folder: Path) -> Path:
    """Write every block below `folder`, which is then a place to import `acme` from."""
    for block in python_blocks():
        file = folder / block.mark
        file.parent.mkdir(parents=True, exist_ok=True)
        (file.parent / "__init__.py").touch()
        file.write_text(block.text, encoding="utf-8")
    return folder
