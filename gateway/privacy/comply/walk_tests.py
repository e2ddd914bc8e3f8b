"""Results of walk tests, kept in the data folder by `anju walk-test`: a file for each, newest last by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from gateway.privacy.comply.check import WalkTests

FOLDER = "walk-tests"
PASSED = "ok"


def save(data: Path, began: datetime, results: Mapping[str, str]) -> Path:
    """Keep the result of each device that was tripped. Raises OSError."""
    folder = data / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / f"{began:%Y%m%dT%H%M%SZ}.json"
    file.write_text(json.dumps({"began": began.isoformat(), "results": dict(results)}), encoding="utf-8")
    return file


def last_results(data: Path) -> WalkTests:
    """The last result of each device. A file that can't be read is left out."""
    results: dict[str, str] = {}
    for file in sorted((data / FOLDER).glob("*.json")):
        try:
            results |= json.loads(file.read_text("utf-8"))["results"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
    passed = frozenset(device for device, result in results.items() if result == PASSED)
    return WalkTests(passed, frozenset(results) - passed)
