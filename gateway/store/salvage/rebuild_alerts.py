"""Rebuilds alerts from the stored decisions and steps, in the way `gateway.desk.lifecycle` made them.

A decision or step that can't be decoded is left out: it comes from a damaged page.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from gateway.model import DRILL_RULE, Severity
from gateway.store.media import is_picture_name

_LEADS_TO = {"acknowledge": "acknowledged", "on-scene": "on_scene", "hold": "on_hold", "close": "closed"}
_DECISIONS = """
    SELECT d.at, d.rule, d.decision, d.data, j.device, json_extract(j.data, '$.snapshot') AS picture
    FROM decisions d LEFT JOIN journal j ON j.number = d.journal AND j.entry = 'signal' AND json_valid(j.data)
    WHERE d.alert = ? ORDER BY d.number"""
_STEPS = "SELECT action, user, data FROM steps WHERE alert = ? ORDER BY number"
_COLUMNS = (
    "id rule key severity state place device reason_zh reason_en raised_at last_at count restored_at"
    " disposition assignee snapshot incident"
).split()
_PUT = f"INSERT OR IGNORE INTO alerts ({', '.join(_COLUMNS)}) VALUES (:{', :'.join(_COLUMNS)})"  # noqa: S608  # own names
_LINKS = """
    INSERT OR IGNORE INTO alert_signals (alert, journal)
    SELECT d.alert, CASE j.entry WHEN 'wake' THEN json_extract(j.data, '$.because')
        WHEN 'action' THEN NULL ELSE d.journal END AS behind
    FROM decisions d LEFT JOIN journal j ON j.number = d.journal AND json_valid(j.data)
    WHERE d.number > ? AND d.number <= ? AND d.decision <> 'witness' AND d.alert IS NOT NULL AND behind IS NOT NULL"""


def missing_alerts(connection: sqlite3.Connection, limit: int) -> list[str]:
    """Ids of alerts that have decisions and no row in `alerts`."""
    rows = connection.execute(
        "SELECT DISTINCT alert FROM decisions WHERE decision = 'raise' AND alert IS NOT NULL"
        " AND alert NOT IN (SELECT id FROM alerts) LIMIT ?",
        (limit,),
    )
    return [row[0] for row in rows]


def rebuild(connection: sqlite3.Connection, alert: str) -> bool:
    """Insert the alert that its decisions and steps give, unless it exists; False when no decision raised it."""
    alert_row: dict[str, Any] | None = None
    for row in connection.execute(_DECISIONS, (alert,)):
        with suppress(ValueError, KeyError, TypeError):
            alert_row = _apply_decision(alert_row, alert, row, json.loads(row["data"]))
    if alert_row is None:
        return False
    for row in connection.execute(_STEPS, (alert,)):
        with suppress(ValueError, KeyError, TypeError):
            alert_row |= _apply_step(alert_row, row["action"], row["user"], json.loads(row["data"]))
    for row in connection.execute("SELECT incident FROM incident_alerts WHERE alert = ?", (alert,)):
        alert_row["incident"] = row["incident"]
    connection.execute(_PUT, alert_row)
    return True


def link_signals(connection: sqlite3.Connection, after: int, last: int) -> int:
    """Link alerts to their signals, from the decisions numbered above `after` and up to `last`.

    Returns 0: a unit returns the number of rows copied, and this copies none.
    """
    connection.execute(_LINKS, (after, last))
    return 0


def _apply_decision(
    before: dict[str, Any] | None, alert: str, row: Mapping[str, Any], data: Any
) -> dict[str, Any] | None:
    match row["decision"]:
        case "raise":
            return _raised(before, alert, row, data)
        case "clear" if before is not None:
            return before | {"restored_at": row["at"]}
        case "witness" if before is not None:
            return before | {"snapshot": data["snapshot"]}
    return before


def _raised(before: dict[str, Any] | None, alert: str, row: Mapping[str, Any], data: Any) -> dict[str, Any]:
    base = before or {
        "id": alert,
        "rule": row["rule"],
        "key": data["key"],
        "severity": 0,
        "state": "new",
        "place": data["place"],
        "device": data["device"] or row["device"],
        "raised_at": row["at"],
        "count": 0,
        "disposition": None,
        "assignee": None,
        "snapshot": None,
        "incident": "",
    }
    return base | {
        # A repeated raise never lowers the severity, as in gateway.desk.lifecycle.
        "severity": max(base["severity"], int(Severity.of(data["severity"]))),
        "reason_zh": data["zh"],
        "reason_en": data["en"],
        "last_at": row["at"],
        "restored_at": None,
        "count": base["count"] + 1,
        # The name becomes part of a path and a URL, and the row may come from a damaged page.
        "snapshot": base["snapshot"] or (row["picture"] if is_picture_name(row["picture"]) else None),
    }


def _apply_step(alert: Mapping[str, Any], action: str, user: str, data: Any) -> dict[str, Any]:
    changed: dict[str, Any] = {"state": _LEADS_TO.get(action, alert["state"])}
    match action:
        case "acknowledge":
            changed["assignee"] = alert["assignee"] or user
        case "assign":
            changed["assignee"] = data["user"]
        case "close":
            changed["disposition"] = "drill" if alert["rule"] == DRILL_RULE else data["disposition"]
    return changed
