"""Order of names as people count: n2 before n10."""

from __future__ import annotations

import re


def natural(text: str) -> list[tuple[int, int, str]]:
    """A sort key in which numbers count by their value."""
    parts = re.findall(r"[0-9]+|[^0-9]+", text)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
