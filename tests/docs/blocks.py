"""Code blocks of the Markdown pages, and what their first line says about how they are tried.

docs/README.md tells writers the rules:

    ```sh                      run; `/etc/anju` is the demo's configuration and `/var/lib/anju` its data
    ```sh until-ctrl-c         run for some seconds and ended as by Ctrl-C
    ```sh exit 1               run; must end with this status
    ```sh no-run: REASON       not run; the names of its `anju` commands and options are still checked
    ```yaml                    `anju check` must find no mistake in it
    ```yaml no-check: REASON   not checked
    ```python PATH             written to PATH, type-checked strictly; a file named test_* is run with pytest
    ```python no-run: REASON   not run
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
_FENCE = re.compile(r"^( *)```([^\n`]*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its language, the rest of its first line, its text without the indentation of a list."""

    page: Path
    line: int
    language: str
    mark: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def reason(self) -> str:
        """Why it is not tried; empty where it is."""
        left_out, _, reason = self.mark.partition(":")
        return reason.strip() if left_out in {"no-run", "no-check"} else ""


def blocks(page: Path, *languages: str) -> Iterator[Block]:
    """The blocks of one page in these languages, in order."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        indent, head, body = found.groups()
        language, _, mark = head.strip().partition(" ")
        if language in languages:
            line = text.count("\n", 0, found.start()) + 1
            yield Block(page, line, language, mark.strip(), re.sub(rf"^{indent}", "", body, flags=re.MULTILINE))


def all_blocks(*languages: str) -> list[Block]:
    """Those of every page."""
    return [block for page in PAGES for block in blocks(page, *languages)]


def without_blocks(text: str) -> str:
    """A page's text with its fenced blocks and code spans blanked: what is left may hold links."""
    text = _FENCE.sub("", text)
    return re.sub(r"`[^`\n]*`", "", text)
