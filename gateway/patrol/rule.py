"""The gateway's own rule for rounds and findings: raises what is missed, and says so when a late scan ends it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gateway.model import Clear, Decision, Decisions, Event, Raise, Severity, Signal, Wake, WakeAt, Words
from gateway.patrol.judge import RoundVerdict, Scan, counts_for, judge
from gateway.patrol.plan import RoundPlan, plan_of
from gateway.patrol.schedule import OPENED
from gateway.rule import Compound, Rule, RuleSettings

NAME = "patrol"
"""No rule of rules.yaml may have this name."""
SCANNED, FOUND = "checkpoint.scanned", "finding.reported"
MAX_LOOSE = 200
MAX_SHOWN = 60
"""Characters of a finding's text in the reason; the signal has all of it."""


@dataclass
class OpenRound:
    """A round that may still change: the signal's data, its scans, and the faults that were raised."""

    plan: dict[str, Any]
    scans: list[Scan] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)


@dataclass
class PatrolState:
    """Rounds by key. One is kept after its end for as long as phones may deliver scans."""

    rounds: dict[str, OpenRound] = field(default_factory=dict)
    loose: list[Scan] = field(default_factory=list)
    """The last scans that no round wanted: a gateway that starts may hear of a scan before it opens the round."""


class PatrolRule(Rule):
    """Fed by `patrol.opened` (a round is asked for), `checkpoint.scanned` and `finding.reported`."""

    KINDS = frozenset({OPENED, SCANNED, FOUND})
    State = PatrolState
    HORIZON = timedelta(days=2)

    def __init__(self, compound: Compound) -> None:
        super().__init__(NAME, RuleSettings(), compound)

    def start(self, held: frozenset[str]) -> PatrolState:  # noqa: ARG002  # alerts are named by the rounds' keys
        """No round is open."""
        return PatrolState()

    def on(self, state: PatrolState, event: Event) -> Decisions:
        """Judge the rounds that the event is about."""
        if isinstance(event, Wake):
            return list(self._judge(state, event.key, event.time))
        if not isinstance(event, Signal):
            return ()
        if event.kind == FOUND:
            return [self._finding(event)]
        with contextlib.suppress(KeyError, ValueError, TypeError, AttributeError):  # somebody else's data: no round
            if event.kind == OPENED:
                return list(self._open(state, event))
            return list(self._scanned(state, scan_of(event)))
        return ()

    def _open(self, state: PatrolState, event: Signal) -> Iterator[Decision]:
        plan = plan_of(event.data)
        for key in [key for key, each in state.rounds.items() if _is_over(plan_of(each.plan), event.time)]:
            del state.rounds[key]
        each = state.rounds.setdefault(plan.key, OpenRound(dict(event.data)))
        each.scans += [scan for scan in state.loose if counts_for(plan, scan)]
        state.loose = [scan for scan in state.loose if not counts_for(plan, scan)]
        yield from self._judge(state, plan.key, event.time)

    def _scanned(self, state: PatrolState, scan: Scan) -> Iterator[Decision]:
        key = round_for(scan, [(key, plan_of(each.plan), each.scans) for key, each in state.rounds.items()])
        if key is None:
            state.loose = [*state.loose, scan][-MAX_LOOSE:]
            return
        state.rounds[key].scans.append(scan)
        yield from self._judge(state, key, scan.received, scan)

    def _judge(self, state: PatrolState, key: str, now: datetime, scan: Scan | None = None) -> Iterator[Decision]:
        each = state.rounds.get(key)
        if each is None:
            return
        plan = plan_of(each.plan)
        verdict = judge(plan, each.scans, now)
        for name in [name for name in each.raised if name not in verdict.faults]:
            each.raised.remove(name)
            yield Clear(f"{key}/{name}", _cleared(plan, verdict, scan))
        for name, fault in verdict.faults.items():
            if name not in each.raised:
                each.raised.append(name)
                yield Raise(f"{key}/{name}", fault.severity, fault.place, fault.reason)
        yield WakeAt(key, verdict.next_look)

    def _finding(self, event: Signal) -> Raise:
        place, text = str(event.data.get("place") or ""), " ".join(str(event.data.get("text") or "").split())
        text = text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"
        name, user = self.compound.place_name(place), str(event.data.get("user") or "")
        reason = Words(f"{name.zh} 巡更发现：{text}（{user}）", f"Found on patrol at {name.en}: {text} ({user})")
        return Raise(f"finding/{event.id}", Severity.MEDIUM, place, reason)


def scan_of(signal: Signal) -> Scan:
    """The scan that a signal reports. Raises KeyError, ValueError or TypeError for data that holds none."""
    data = signal.data
    late = bool(data.get("late"))
    if data.get("doubt"):
        raise ValueError("the phone's clock can't be believed: on record, and counts for nothing")
    made = datetime.fromisoformat(data["made"]) if late else signal.time
    return Scan(str(data["checkpoint"]), str(data["user"]), made, signal.time, str(data.get("by") or "qr"), late)


def round_for(scan: Scan, rounds: list[tuple[str, RoundPlan, list[Scan]]]) -> str | None:
    """The key of the round that the scan counts for: of several, the earliest that still lacks the checkpoint."""
    fitting = [(plan.due, key, scans) for key, plan, scans in rounds if counts_for(plan, scan)]
    fitting.sort(key=lambda one: (one[0], one[1]))
    lacking = [key for _, key, scans in fitting if all(one.checkpoint != scan.checkpoint for one in scans)]
    if lacking:
        return lacking[0]
    # A repeat changes nothing, unless it was made before the one that was delivered first.
    return next((key for _, key, scans in fitting if any(_precedes(scan, one) for one in scans)), None)


def _precedes(scan: Scan, other: Scan) -> bool:
    return scan.checkpoint == other.checkpoint and scan.time < other.time


def _is_over(plan: RoundPlan, now: datetime) -> bool:
    return now > plan.closes + plan.late + timedelta(hours=1)


def _cleared(plan: RoundPlan, verdict: RoundVerdict, scan: Scan | None) -> Words:
    if scan is None:
        return Words("巡更已恢复正常", "The round is in order again")
    point = next(one for one in plan.checkpoints if one.id == scan.checkpoint)
    done, total = len(verdict.scans), len(plan.checkpoints)
    if scan.late:
        minutes = int((scan.received - scan.time).total_seconds() // 60)
        return Words(
            f"补传：{scan.user} 的手机 {minutes} 分钟前已在「{point.name.zh}」打卡（按手机时间），现在收到",
            f"Delivered late: {scan.user}'s phone scanned {point.name.en} {minutes} min ago by its own clock; {done} of"
            f" {total}",
        )
    return Words(
        f"晚到：{scan.user} 在「{point.name.zh}」打卡；{done}/{total}",
        f"Late: {scan.user} scanned {point.name.en}; {done} of {total}",
    )
