"""Answers about the past: found alerts, timelines, the audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.web.alert_responses import AlertView, SignalView
from gateway.web.responses import ResponseModel, UtcTime


class HistoryList(ResponseModel):
    """Alerts, newest first. `complete` is false while the index of words is still being made."""

    items: Sequence[AlertView]
    next: str | None
    complete: bool


class TimelineEntry(ResponseModel):
    """A signal, or an alert with people's steps: one of the two."""

    at: UtcTime
    signal: SignalView | None = None
    alert: AlertView | None = None


class TimelineView(ResponseModel):
    """Newest first. `about` names what it is of."""

    about: Sequence[str]
    items: Sequence[TimelineEntry]
    next: str | None
    complete: bool


class AuditEntry(ResponseModel):
    """One row of the audit chain. `alert` is the alert or incident that it is about, `note` what was said or why."""

    number: int
    at: UtcTime
    user: str
    action: str
    alert: str
    note: str
    data: Mapping[str, Any]
    hash: str


class ChainView(ResponseModel):
    """Whether the hash of every row fits the row before it. `broken_at`: the first row whose hash does not."""

    rows: int
    head: str
    broken_at: int | None
    checked_at: UtcTime


class AuditList(ResponseModel):
    """Newest first. `chain` comes with the first page, and is at most a minute old."""

    items: Sequence[AuditEntry]
    next: str | None
    chain: ChainView | None
