"""Makes alerts anew from the decisions and steps that are on record: what `gateway.desk.lifecycle` made of them then.

A decision or step that can't be understood is left out: it comes from a damaged page.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from gateway.model import Severity
from gateway.store.media import is_name

_LEADS_TO = {"acknowledge": "acknowledged", "on-scene": "on_scene", "hold": "on_hold", "close": "closed"}
_DECISIONS = """
    SELECT d.at, d.rule, d.decision, d.data, j.device, json_extract(j.data, '$.snapshot') AS picture
    FROM decisions d LEFT JOIN journal j ON j.number = d.journal AND j.entry = 'signal' AND json_valid(j.data)
    WHERE d.alert = ? ORDER BY d.number"""
_STEPS = "SELECT action, user, data FROM steps WHERE alert = ? ORDER BY number"
_COLUMNS = (
    "id rule key severity state place device reason_zh reason_en raised_at last_at count restored_at"
    " disposition assignee snapshot"
).split()
_PUT = f"INSERT OR IGNORE INTO alerts ({', '.join(_COLUMNS)}) VALUES (:{', :'.join(_COLUMNS)})"  # noqa: S608  # own names
_LINKS = """
    INSERT OR IGNORE INTO alert_signals (alert, journal)
    SELECT d.alert, CASE j.entry WHEN 'wake' THEN json_extract(j.data, '$.because')
        WHEN 'action' THEN NULL ELSE d.journal END AS behind
    FROM decisions d LEFT JOIN journal j ON j.number = d.journal AND json_valid(j.data)
    WHERE d.number > ? AND d.number <= ? AND d.decision <> 'witness' AND d.alert IS NOT NULL AND behind IS NOT NULL"""


def unknown(connection: sqlite3.Connection, most: int) -> list[str]:
    """Alerts that were decided on and that `alerts` lacks."""
    rows = connection.execute(
        "SELECT DISTINCT alert FROM decisions WHERE decision = 'raise' AND alert IS NOT NULL"
        " AND alert NOT IN (SELECT id FROM alerts) LIMIT ?",
        (most,),
    )
    return [row[0] for row in rows]


def put(connection: sqlite3.Connection, alert: str) -> bool:
    """Write the alert as its decisions and steps made it, unless it is there; False where they made none."""
    folded: dict[str, Any] | None = None
    for row in connection.execute(_DECISIONS, (alert,)):
        with suppress(ValueError, KeyError, TypeError):
            folded = _decided(folded, alert, row, json.loads(row["data"]))
    if folded is None:
        return False
    for row in connection.execute(_STEPS, (alert,)):
        with suppress(ValueError, KeyError, TypeError):
            folded |= _stepped(folded, row["action"], row["user"], json.loads(row["data"]))
    connection.execute(_PUT, folded)
    return True


def link(connection: sqlite3.Connection, after: int, last: int) -> int:
    """Say which signals are behind the alerts, of the decisions numbered above `after` and up to `last`.

    Adds no row of its own; returns 0.
    """
    connection.execute(_LINKS, (after, last))
    return 0


def _decided(before: dict[str, Any] | None, alert: str, row: Mapping[str, Any], said: Any) -> dict[str, Any] | None:
    match row["decision"]:
        case "raise":
            return _raised(before, alert, row, said)
        case "clear" if before is not None:
            return before | {"restored_at": row["at"]}
        case "witness" if before is not None:
            return before | {"snapshot": said["snapshot"]}
    return before


def _raised(before: dict[str, Any] | None, alert: str, row: Mapping[str, Any], said: Any) -> dict[str, Any]:
    known = before or {
        "id": alert,
        "rule": row["rule"],
        "key": said["key"],
        "severity": 0,
        "state": "new",
        "place": said["place"],
        "device": said["device"] or row["device"],
        "raised_at": row["at"],
        "count": 0,
        "disposition": None,
        "assignee": None,
        "snapshot": None,
    }
    return known | {
        "severity": max(known["severity"], int(Severity.of(said["severity"]))),
        "reason_zh": said["zh"],
        "reason_en": said["en"],
        "last_at": row["at"],
        "restored_at": None,
        "count": known["count"] + 1,
        "snapshot": known["snapshot"] or (row["picture"] if is_name(row["picture"]) else None),
    }


def _stepped(alert: Mapping[str, Any], action: str, user: str, said: Any) -> dict[str, Any]:
    changed: dict[str, Any] = {"state": _LEADS_TO.get(action, alert["state"])}
    match action:
        case "acknowledge":
            changed["assignee"] = alert["assignee"] or user
        case "assign":
            changed["assignee"] = said["user"]
        case "close":
            changed["disposition"] = said["disposition"]
    return changed
