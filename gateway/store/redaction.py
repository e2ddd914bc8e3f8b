"""Takes a person's data out of steps on record, so that the audit chain still proves everything else.

The chain's hashes stay as they are: they were made over the words that are gone. A row whose words were replaced is
listed in `step_redactions` with the hash of its new content, and a later step of the chain (REDACTED) names that
hash. So a row can only be changed by a step that everybody sees, and what it says now can't be changed once more in
silence.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.model import Json, Step
from gateway.store import audit
from gateway.store.audit import REDACTED


@dataclass(frozen=True, slots=True)
class NewContent:
    """What a step says instead."""

    number: int
    note: str
    data: str


def redact(connection: sqlite3.Connection, contents: Sequence[NewContent], by: str, at: datetime, about: Json) -> None:
    """Replace note and data of these steps, and append a step that names the hashes of what they say now.

    `by` has ordered it; `about` is more data of that step.
    """
    hashes: dict[str, str] = {}
    for content in contents:
        connection.execute(
            "UPDATE steps SET note = ?, data = ? WHERE number = ?", (content.note, content.data, content.number)
        )
        row = connection.execute("SELECT * FROM steps WHERE number = ?", (content.number,)).fetchone()
        if row is not None:
            hashes[str(content.number)] = audit.content_hash(dict(row))
    audit.append(connection, Step("", REDACTED, by, at, data={**about, "steps": hashes}))
    number = connection.execute("SELECT max(number) FROM steps").fetchone()[0]
    connection.executemany(
        "INSERT OR REPLACE INTO step_redactions (step, attested_by, content) VALUES (?, ?, ?)",
        [(int(step), number, digest) for step, digest in hashes.items()],
    )
