"""Parses a camera's notification from the objects of the SOAP library (ONVIF Core 9.4, 9.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from gateway.errors import BadInput
from gateway.model import Words

MAX_TEXT = 200
"""Characters kept of a name or value."""
MAX_ITEMS = 32


class Operation(StrEnum):
    """The operation on a property in a message; an event that is no property has none."""

    INITIALIZED = "Initialized"
    CHANGED = "Changed"
    DELETED = "Deleted"
    NONE = ""


@dataclass(frozen=True, slots=True)
class OnvifEvent:
    """`topic` is without prefixes: `RuleEngine/TamperDetector/Tamper`; `at` is the camera's clock."""

    topic: str
    operation: Operation
    at: datetime | None
    source: tuple[tuple[str, str], ...]
    data: tuple[tuple[str, str], ...]


def parse_notification(notification: Any) -> OnvifEvent:
    """From a zeep NotificationMessage; raises BadInput without a topic or a message."""
    topic = getattr(getattr(notification, "Topic", None), "_value_1", None)
    message = getattr(getattr(notification, "Message", None), "_value_1", None)
    if not isinstance(topic, str) or not topic.strip():
        raise BadInput(Words("通知没有主题", "a notification without a topic"), b"")
    if message is None:
        name = topic[:MAX_TEXT]
        raise BadInput(Words(f"{name} 的通知没有内容", f"a notification of {name} without a message"), b"")
    return OnvifEvent(
        _without_prefixes(topic),
        _operation(getattr(message, "PropertyOperation", None)),
        _utc(getattr(message, "UtcTime", None)),
        tuple(_items(getattr(message, "Source", None))),
        tuple(_items(getattr(message, "Data", None))),
    )


def _without_prefixes(topic: str) -> str:
    """Makers choose the namespaces' prefixes freely: mostly `tns1:`, sometimes `tt:`."""
    return "/".join(step.rpartition(":")[2] for step in topic.strip()[:MAX_TEXT].split("/"))


def _operation(word: object) -> Operation:
    try:
        return Operation(str(word)) if word else Operation.NONE
    except ValueError:
        return Operation.NONE


def _utc(when: object) -> datetime | None:
    """None for a time that can't be parsed: that must not cost an alarm. The camera's clock is only recorded."""
    if not isinstance(when, datetime):
        return None
    try:
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except OverflowError:
        return None


def _items(holder: Any) -> Iterator[tuple[str, str]]:
    items = getattr(holder, "SimpleItem", None)
    if not isinstance(items, Iterable):
        return
    # Bounded: the camera decides how many items it sends.
    for item, _ in zip(items, range(MAX_ITEMS), strict=False):
        name, value = getattr(item, "Name", None), getattr(item, "Value", None)
        if name is not None and value is not None:
            yield str(name)[:MAX_TEXT], str(value)[:MAX_TEXT]
