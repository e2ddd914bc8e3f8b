"""Judges a round: a pure function of its plan, the scans so far and the time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.model import Severity, Words
from gateway.patrol.plan import PlannedCheckpoint, RoundPlan

MOST_SINGLE = 3
"""More missed checkpoints than this at a round's end are one alert, not one each."""


@dataclass(frozen=True, slots=True)
class Scan:
    """`time` is when it was made: by rule time, or by the phone's clock when it was delivered `late`.

    `by` is `qr` or `card`; `received` is when the gateway got it.
    """

    checkpoint: str
    user: str
    time: datetime
    received: datetime
    by: str = "qr"
    late: bool = False


@dataclass(frozen=True, slots=True)
class RoundFault:
    """Something wrong with a round, at a place."""

    place: str
    severity: Severity
    reason: Words


@dataclass(frozen=True, slots=True)
class RoundVerdict:
    """`state`: waiting, under_way, done, incomplete or missed. `scans`: the one that counts, by checkpoint.

    `next_look` is when the verdict may change without another scan; None when it is final.
    """

    state: str
    scans: Mapping[str, Scan]
    faults: Mapping[str, RoundFault]
    missing: Sequence[str]
    next_look: datetime | None = None
    marks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By checkpoint: `quick`, `order`, `late` (delivered later), `begun_late` (the first one, after the tolerance)."""


def counts_for(plan: RoundPlan, scan: Scan) -> bool:
    """Whether the scan belongs to this round."""
    mine = not plan.who or scan.user in plan.who
    here = any(one.id == scan.checkpoint for one in plan.checkpoints)
    return mine and here and plan.opens <= scan.time <= plan.closes


def judge(plan: RoundPlan, scans: Sequence[Scan], now: datetime) -> RoundVerdict:
    """The round's verdict at `now`. Scans that do not belong to it are left out; the first of a checkpoint counts."""
    made: dict[str, Scan] = {}
    for scan in sorted(scans, key=lambda one: one.time):
        if counts_for(plan, scan):
            made.setdefault(scan.checkpoint, scan)
    faults: dict[str, RoundFault] = {}
    marks: dict[str, list[str]] = {name: ["late"] for name, scan in made.items() if scan.late}
    for name, mark, fault in _walking_faults(plan, made):
        marks.setdefault(name, []).append(mark)
        faults[f"{mark}/{name}"] = fault
    first = min(made.values(), key=lambda one: one.time, default=None)
    if first is not None and first.time > plan.begins_by:
        marks.setdefault(first.checkpoint, []).append("begun_late")
    missing = [one.id for one in plan.checkpoints if one.id not in made]
    look = None
    if not made:
        look = plan.begins_by if now <= plan.begins_by else (plan.closes if now <= plan.closes else None)
        if now > plan.begins_by:
            faults["start"] = _not_begun(plan)
    elif missing:
        overdue = _next_overdue(plan, made)
        faults |= _missed(plan, made, missing, now, overdue)
        look = overdue if overdue and now <= overdue else (plan.closes if now <= plan.closes else None)
    look = None if look is None else look + timedelta(milliseconds=1)  # the limit itself is still in time
    return RoundVerdict(_state(plan, made, missing, now), made, faults, missing, look, marks)


def _state(plan: RoundPlan, made: Mapping[str, Scan], missing: Sequence[str], now: datetime) -> str:
    if not missing:
        return "done"
    if not made:
        return "waiting" if now <= plan.begins_by else "missed"
    return "under_way" if now <= plan.closes else "incomplete"


def _walking_faults(plan: RoundPlan, made: Mapping[str, Scan]) -> Iterator[tuple[str, str, RoundFault]]:
    """Scans that came impossibly soon after the one before, or before an earlier checkpoint."""
    walked = sorted(made.values(), key=lambda one: one.time)
    position = {one.id: index for index, one in enumerate(plan.checkpoints)}
    furthest = -1
    for before, scan in zip([None, *walked], walked, strict=False):
        point = plan.checkpoints[position[scan.checkpoint]]
        if before is not None and scan.time - before.time < plan.shortest:
            yield scan.checkpoint, "quick", _quick(plan, point, scan.time - before.time)
        if plan.in_order and position[scan.checkpoint] > furthest + 1:
            skipped = plan.checkpoints[furthest + 1]
            yield scan.checkpoint, "order", _out_of_order(plan, point, skipped)
        furthest = max(furthest, position[scan.checkpoint])


def _next_overdue(plan: RoundPlan, made: Mapping[str, Scan]) -> datetime | None:
    """When the walk has stood still for too long."""
    last = max(scan.time for scan in made.values())
    return min(last + plan.longest, plan.closes)


def _missed(
    plan: RoundPlan, made: Mapping[str, Scan], missing: Sequence[str], now: datetime, overdue: datetime | None
) -> dict[str, RoundFault]:
    points = {one.id: one for one in plan.checkpoints}
    if now <= plan.closes:
        if overdue is None or now <= overdue:
            return {}
        expected = _expected(plan, made, missing)
        return {f"missed/{expected}": _not_reached(plan, points[expected])}
    if len(missing) <= MOST_SINGLE:
        return {f"missed/{name}": _not_reached(plan, points[name]) for name in missing}
    return {"rest": _abandoned(plan, [points[name] for name in missing], len(made))}


def _expected(plan: RoundPlan, made: Mapping[str, Scan], missing: Sequence[str]) -> str:
    """The checkpoint after the one that was scanned last; the first missing one when none is left after it."""
    order = [one.id for one in plan.checkpoints]
    last = order.index(max(made.values(), key=lambda one: one.time).checkpoint)
    return next((name for name in order[last + 1 :] if name in missing), missing[0])


def _not_begun(plan: RoundPlan) -> RoundFault:
    first = plan.checkpoints[0]
    minutes = int(plan.tolerance.total_seconds() // 60)
    reason = Words(
        f"巡更未开始：{plan.name.zh}，应从「{first.name.zh}」开始，已过允许的 {minutes} 分钟",
        f"Round not begun: {plan.name.en}, from {first.name.en}; the {minutes} minutes of tolerance are over",
    )
    return RoundFault(first.place, plan.severity, reason)


def _not_reached(plan: RoundPlan, point: PlannedCheckpoint) -> RoundFault:
    reason = Words(
        f"巡更漏点：{plan.name.zh}，「{point.name.zh}」没有按时打卡",
        f"Checkpoint missed: {point.name.en} was not scanned in time ({plan.name.en})",
    )
    return RoundFault(point.place, plan.severity, reason)


def _abandoned(plan: RoundPlan, points: Sequence[PlannedCheckpoint], done: int) -> RoundFault:
    shown, more = points[:MOST_SINGLE], len(points) - MOST_SINGLE
    zh, en = "、".join(one.name.zh for one in shown), ", ".join(one.name.en for one in shown)
    total = len(plan.checkpoints)
    reason = Words(
        f"巡更未完成：{plan.name.zh}，只打卡 {done}/{total}，漏 {zh} 等 {len(points)} 点",
        f"Round not finished: {plan.name.en}, {done} of {total}; missed {en} and {more} more",
    )
    return RoundFault(points[0].place, plan.severity, reason)


def _quick(plan: RoundPlan, point: PlannedCheckpoint, took: timedelta) -> RoundFault:
    seconds, least = int(took.total_seconds()), int(plan.shortest.total_seconds())
    reason = Words(
        f"巡更过快：{plan.name.zh}，到「{point.name.zh}」只用 {seconds} 秒，步行至少 {least} 秒；可能是用照片打卡",
        f"Impossibly quick: {seconds} s to {point.name.en}, walking takes at least {least} s ({plan.name.en});"
        " perhaps a photo of the code",
    )
    return RoundFault(point.place, plan.severity, reason)


def _out_of_order(plan: RoundPlan, point: PlannedCheckpoint, skipped: PlannedCheckpoint) -> RoundFault:
    reason = Words(
        f"巡更顺序不对：{plan.name.zh}，先到「{point.name.zh}」，应先到「{skipped.name.zh}」",
        f"Out of order: {point.name.en} before {skipped.name.en} ({plan.name.en})",
    )
    return RoundFault(point.place, Severity.LOW, reason)
