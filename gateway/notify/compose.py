"""What a notification says of an alert."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.model import Alert, Severity, Words
from gateway.notifier import Notification

_SEVERITIES = {
    Severity.LOW: Words("提示", "Low"),
    Severity.MEDIUM: Words("一般", "Medium"),
    Severity.HIGH: Words("重要", "High"),
    Severity.CRITICAL: Words("紧急", "Critical"),
}


def notification_of(alert: Alert, place: Words, recipients: Sequence[str] = (), url: str | None = None) -> Notification:
    """The notification for an alert as it is now.

    `place` is the full name of its place, `url` the compound's public address. The alert's reason is left out on
    purpose: it may name a resident, and a notification passes through services of others. The id changes with the
    alert's state and count, so that a repeat is a new notification and a retry is not.
    """
    severity = _SEVERITIES[alert.severity]
    return Notification(
        id=f"{alert.id}-{alert.state.value}-{alert.count}",
        severity=alert.severity,
        title=Words(f"【{severity.zh}】{place.zh}", f"[{severity.en}] {place.en}"),
        text=Words(f"规则 {alert.rule} 报警，请到值班室处理", f"Alert of rule {alert.rule}; see the guard room"),
        recipients=tuple(recipients),
        link=f"{url}/?alert={alert.id}" if url else None,
    )
