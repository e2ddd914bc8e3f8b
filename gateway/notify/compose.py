"""What messages say: of an incident, of those that were too many, and when a channel is tested."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence

from gateway.config.desk.notifiers import Personal
from gateway.model import Incident, Severity, Words
from gateway.model.kind_words import kind_words
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


def incident_messages(
    incident: Incident,
    *,
    step: str,
    notifier: str,
    text: Words,
    reason: Words,
    place_name: Callable[[str], Words],
    public_url: str,
    recipients: Sequence[str] = (),
) -> list[Message]:
    """What one escalation step of an incident tells by one notifier; nothing for a drill, which stays in the compound.

    `step` tells the steps of one incident apart, so that each is told once. `text` says what the step is and names
    nobody, such as "90 秒未接警". `reason` is the top alert's; it and the room are told only where the YAML allows it.
    """
    if incident.drill:
        return []
    severity, what = SEVERITIES[incident.severity], _what(incident)
    shown, exact = place_name(_without_room(incident.place)), place_name(incident.place)
    room: dict[Personal, Words] = {"room": Words(f"位置：{exact.zh}", f"Place: {exact.en}")} if exact != shown else {}
    message = Message(
        id=f"{incident.id}/{step}",
        notifier=notifier,
        severity=incident.severity,
        title=Words(f"【{severity.zh}】{what.zh}{shown.zh}", f"[{severity.en}] {what.en}{shown.en}"),
        text=text,
        personal={**room, "reason": Words(f"原因：{reason.zh}", f"Reason: {reason.en}")},
        recipients=tuple(recipients),
        link=incident_link(public_url, incident.id),
    )
    return [message]


def _what(incident: Incident) -> Words:
    """The name of the event behind the top alert and a separator; empty where it is unknown."""
    kind = next((member.kind for member in incident.members if member.alert == incident.top), "")
    said = kind_words(kind) if kind else None
    return Words(f"{said.zh} · ", f"{said.en} · ") if said else Words("", "")


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
