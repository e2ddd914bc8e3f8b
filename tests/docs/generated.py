"""The pages and parts of pages that are made from the code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tests.docs import architecture_drawing, http_reference, printed, yaml_reference

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def files() -> Mapping[Path, str]:
    """Each file that is made, or holds a part that is made, with what it must say."""
    return {
        DOCS / "yaml-reference.md": yaml_reference.page(),
        DOCS / "architecture.svg": architecture_drawing.drawing(),
        DOCS / "architecture.md": _with(DOCS / "architecture.md", "packages", architecture_drawing.rows()),
        DOCS / "guard.zh.html": printed.sheet((DOCS / "guard.zh.md").read_text(encoding="utf-8")),
        DOCS / "api.md": _with(DOCS / "api.md", "http", http_reference.section()),
    }


def _with(page: Path, name: str, part: str) -> str:
    """The page with what stands between `<!-- made: NAME -->` and `<!-- /made -->` replaced."""
    text, count = re.subn(
        rf"(<!-- made: {name} -->\n).*?(<!-- /made -->)",
        lambda found: f"{found[1]}\n{part}\n{found[2]}",
        page.read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
    if count != 1:
        raise ValueError(f"{page.name} must hold <!-- made: {name} --> and <!-- /made --> once")
    return text


def write() -> list[Path]:
    """Write what has changed; returns those files."""
    changed = []
    for file, text in files().items():
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            changed.append(file)
    return changed
