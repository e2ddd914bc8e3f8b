"""Which checkpoints there are to print: from the folder of the YAML, or from what the gateway last ran with."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from gateway.config import load
from gateway.config.desk.patrols import PatrolCheckpoint, PatrolSection
from gateway.store import journal

_DESK = re.compile(r"^# desk\.yaml$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """Those of desk.yaml, in its order."""

    all: Sequence[PatrolCheckpoint]

    def chosen(self, ids: Collection[str]) -> list[PatrolCheckpoint]:
        """All, or those with these ids."""
        return [one for one in self.all if not ids or one.id in ids]


def checkpoints_from_folder(folder: Path) -> Checkpoints:
    """Read the YAML in `folder`; raises ConfigError with its mistakes."""
    return Checkpoints(load(folder).desk.patrols.checkpoints)


def checkpoints_from_journal(connection: sqlite3.Connection) -> Checkpoints:
    """Those of the newest configuration in the journal; none when it has no desk.yaml."""
    text = journal.last_configuration(connection) or ""
    found = _DESK.search(text)
    try:
        tree: Any = YAML(typ="safe").load(text[found.end() :]) if found else None
        section = tree.get("patrols") if isinstance(tree, dict) else None
        # Cards may be secrets, which the journal masks; they are not printed.
        points = section.get("checkpoints", ()) if isinstance(section, dict) else ()
        return Checkpoints(PatrolSection.model_validate({"checkpoints": points}).checkpoints)
    except (YAMLError, ValidationError):
        return Checkpoints(())
