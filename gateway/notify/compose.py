"""What messages say: of an incident, of those that were too many, and when a channel is tested."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence

from gateway.model import Severity, Words
from gateway.notify.message import Message
from gateway.notify.rows import Waiting

SEVERITIES = {
    Severity.LOW: Words("提示", "Low"),
    Severity.MEDIUM: Words("一般", "Medium"),
    Severity.HIGH: Words("重要", "High"),
    Severity.CRITICAL: Words("紧急", "Critical"),
}
_ROOM = re.compile(r"(.+/u[0-9]+)/[0-9]+(?:/.+)?")
_SHOWN = 5
"""Titles in a digest."""
PROBE = (
    Words("【通道检测】通知正常", "[Channel check] This channel works"),
    Words("无需处理", "Nothing to do"),
)
TEST = (
    Words("【测试】通知渠道测试", "[Test] A test of this channel"),
    Words("收到即表示渠道可用，无需处理", "If you read this it works; nothing to do"),
)


def incident_link(public_url: str, incident: str) -> str:
    """The address that opens an incident in the guard room: the one place that says how."""
    return f"{public_url.rstrip('/')}/#/alerts/{incident}"


def incident_message(
    *,
    incident: str,
    step: str,
    notifier: str,
    severity: Severity,
    place: str,
    place_name: Callable[[str], Words],
    text: Words,
    reason: Words,
    public_url: str,
    recipients: Sequence[str] = (),
) -> Message:
    """The message of one escalation step of an incident.

    `step` tells the steps of one incident apart, so that each is told once. `text` names nobody, such as "90 秒未接警";
    the room and the reason are told only by notifiers that may.
    """
    word, shown = SEVERITIES[severity], place_name(_without_room(place))
    exact = place_name(place)
    return Message(
        id=f"{incident}/{step}",
        notifier=notifier,
        severity=severity,
        title=Words(f"【{word.zh}】{shown.zh}", f"[{word.en}] {shown.en}"),
        text=text,
        personal={
            **({"room": Words(f"位置：{exact.zh}", f"Place: {exact.en}")} if exact != shown else {}),
            "reason": Words(f"原因：{reason.zh}", f"Reason: {reason.en}"),
        },
        recipients=tuple(recipients),
        link=incident_link(public_url, incident),
    )


def report_message(
    *,
    report: str,
    notifier: str,
    title: Words,
    text: Words,
    link: str | None = None,
    recipients: Sequence[str] = (),
    severity: Severity = Severity.LOW,
) -> Message:
    """A report or a handover. `report` is its id, such as `morning/2026-11-30`: the same is told once."""
    return Message(
        id=report,
        notifier=notifier,
        severity=severity,
        title=title,
        text=text,
        link=link,
        recipients=tuple(recipients),
        of_incident=False,
    )


def digest_message(notifier: str, rows: Sequence[Waiting]) -> Message:
    """One message for rows of the same recipients. Its id is made from theirs."""
    bodies = [row.body for row in rows]
    total = sum(body.count for body in bodies)
    by_severity: Counter[Severity] = Counter()
    for row, body in zip(rows, bodies, strict=True):
        by_severity[row.severity] += body.count
    counted = sorted(by_severity.items(), reverse=True)
    more = total - min(len(bodies), _SHOWN)
    lines_zh = ["，".join(f"{SEVERITIES[severity].zh} {count}" for severity, count in counted)]
    lines_en = [", ".join(f"{SEVERITIES[severity].en} {count}" for severity, count in counted)]
    lines_zh += [body.title.zh for body in bodies[:_SHOWN]] + ([f"还有{more}条"] if more else [])
    lines_en += [body.title.en for body in bodies[:_SHOWN]] + ([f"and {more} more"] if more else [])
    ids = hashlib.blake2b("\n".join(row.id for row in rows).encode(), digest_size=12).hexdigest()
    top = max(by_severity)
    word = SEVERITIES[top]
    return Message(
        id=f"digest/{ids}",
        notifier=notifier,
        severity=top,
        title=Words(f"【{word.zh}】共{total}条，合并发送", f"[{word.en}] {total} messages in one"),
        text=Words("\n".join(lines_zh), "\n".join(lines_en)),
        recipients=bodies[0].recipients,
        link=next((body.link.partition("#")[0] for body in bodies if body.link), None),
        of_incident=False,
        count=total,
    )


def _without_room(place: str) -> str:
    found = _ROOM.fullmatch(place)
    return found[1] if found else place
