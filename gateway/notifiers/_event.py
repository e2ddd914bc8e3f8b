"""A notification as an event for programs: what a webhook and MQTT carry."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gateway.notifier import Notification


def event(kind: str, notification: Notification, at: float) -> dict[str, Any]:
    """`kind` is its type; `at` are seconds since the epoch."""
    return {
        "type": kind,
        "timestamp": datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "data": {
            "id": notification.id,
            "severity": notification.severity.word,
            "title": {"zh": notification.title.zh, "en": notification.title.en},
            "text": {"zh": notification.text.zh, "en": notification.text.en},
            "link": notification.link,
            "recipients": list(notification.recipients),
        },
    }
