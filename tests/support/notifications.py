"""Notifier entries, notifications and messages for tests."""

from __future__ import annotations

from typing import Any

from gateway.config.configuration import NotifierEntry
from gateway.config.desk.notifiers import NotifierCommon
from gateway.config.kinds import find_notifier
from gateway.model import Severity, Words
from gateway.notifier import Notification, Notifier
from gateway.notify import Message

NOTE = Notification(
    id="n-1",
    severity=Severity.HIGH,
    title=Words("【重要】东门", "[High] East gate"),
    text=Words("90 秒未接警", "not acknowledged in 90 s"),
    link="https://anju.example/#/alerts/i-1",
)
COMMON = set(NotifierCommon.model_fields)


def entry(name: str, keys: dict[str, Any]) -> NotifierEntry:
    """What desk.yaml makes of these keys."""
    kind = find_notifier(keys["kind"])
    common = {key: value for key, value in keys.items() if key in COMMON}
    own = {key: value for key, value in keys.items() if key not in COMMON}
    return NotifierEntry(NotifierCommon.model_validate({"id": name, **common}), kind, kind.Settings.model_validate(own))


def notifier(keys: dict[str, Any], **more: Any) -> Notifier:
    found = entry("it", {**keys, **more})
    return found.notifier("it", found.settings)


def message(number: int = 1, name: str = "it", severity: Severity = Severity.HIGH, **more: Any) -> Message:
    return Message(
        id=f"i-{number}/1",
        notifier=name,
        severity=severity,
        title=Words(f"第{number}件", f"Matter {number}"),
        text=Words("请处理", "see to it"),
        **more,
    )
