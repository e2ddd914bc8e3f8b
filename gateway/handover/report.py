"""What one shift leaves to the next: open incidents, silences, what is out of order, what was promised."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.desk import Desk
from gateway.flow.device_status import DeviceStatus
from gateway.model import AlertState, Health, Incident, SilencedSource, Words
from gateway.store import audit

MOST = 200
"""Entries of each list; the rest is counted."""
NOTES = 3
_REMINDERS = frozenset({"remind", "reminder"})
PlaceName = Callable[[str], Words]


def open_incidents(desk: Desk) -> list[Incident]:
    """Those that the next shift must know: all that are open, the most severe first."""
    return desk.incidents.open_incidents()


def notes_of(connection: sqlite3.Connection, incidents: Iterable[str]) -> dict[str, list[str]]:
    """The last notes of each incident; what a reminder says stands with its time."""
    return {
        incident: [
            f"{step.user}：{step.note}"
            for step in audit.steps_of(connection, incident)
            if step.note and step.action not in _REMINDERS
        ][-NOTES:]
        for incident in incidents
    }


def incident_entry(incident: Incident, desk: Desk, place_name: PlaceName, notes: Sequence[str]) -> Mapping[str, Any]:
    """One open incident, as it is now."""
    alerts = desk.incidents.open_alerts(incident)
    top = next((alert for alert in alerts if alert.id == incident.top), alerts[0] if alerts else None)
    return {
        "id": incident.id,
        "severity": incident.severity.word,
        "state": incident.state.value,
        "place_name": _words(place_name(incident.place)),
        "reasons": _words(top.reason if top else incident.why),
        "opened_at": _text(incident.opened_at),
        "open_alerts": len(alerts),
        "assignee": incident.assignee,
        "held_until": _text(incident.held_until),
        "remind_at": _text(incident.remind_at) if incident.remind_note else None,
        "remind_note": incident.remind_note,
        "notes": list(notes),
        "drill": incident.drill,
        "new": incident.state is AlertState.NEW,
    }


def silence_entry(silence: SilencedSource) -> Mapping[str, Any]:
    """One silence in force."""
    return {
        "id": silence.id,
        "source": silence.source,
        "reason": silence.reason,
        "by": silence.by,
        "until": _text(silence.until),
        "count": silence.count,
        "automatic": silence.automatic,
    }


def device_entry(status: DeviceStatus, place_name: PlaceName) -> Mapping[str, Any]:
    """One device that is out of order."""
    return {
        "id": status.device.id,
        "name": status.device.name,
        "place_name": _words(place_name(status.device.place)),
        "health": status.health.value,
        "since": _text(status.since),
    }


def out_of_order(devices: Mapping[str, DeviceStatus]) -> list[DeviceStatus]:
    """Devices that are not online, those of which nothing is known yet left out."""
    return [status for status in devices.values() if status.health not in {Health.ONLINE, Health.UNKNOWN}]


def listed(entries: Sequence[Mapping[str, Any]], total: int) -> Mapping[str, Any]:
    """A list with what it leaves out."""
    return {"items": list(entries), "more": total - len(entries)}


def _words(words: Words) -> Mapping[str, str]:
    return {"zh": words.zh, "en": words.en}


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
