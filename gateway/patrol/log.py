"""Rounds as they went, read from the journal: the same signals and the same judge as the rule's."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.model import Signal
from gateway.patrol.judge import RoundVerdict, Scan, judge
from gateway.patrol.plan import RoundPlan, plan_of
from gateway.patrol.rule import SCANNED, round_for, scan_of
from gateway.patrol.schedule import OPENED
from gateway.store import journal

MAX_OPENINGS, MAX_SCANS = 2_000, 20_000
_SLICE = 500


@dataclass(frozen=True, slots=True)
class JudgedRound:
    """A round and its verdict at the time of reading."""

    plan: RoundPlan
    verdict: RoundVerdict


def read_rounds(connection: sqlite3.Connection, since: datetime, until: datetime, now: datetime) -> list[JudgedRound]:
    """The rounds due from `since` up to before `until`, in order."""
    openings = _newest(connection, OPENED, since - timedelta(days=1), MAX_OPENINGS)
    plans = list[RoundPlan]()
    for signal in openings:
        with contextlib.suppress(KeyError, ValueError, TypeError, AttributeError):
            plans.append(plan_of(signal.data))
    scans = list[Scan]()
    for signal in reversed(_newest(connection, SCANNED, since - timedelta(days=1), MAX_SCANS)):
        with contextlib.suppress(KeyError, ValueError, TypeError):
            scans.append(scan_of(signal))
    judged = judge_all(plans, scans, now)
    return [each for each in judged if since <= each.plan.due < until]


def judge_all(plans: Sequence[RoundPlan], scans: Sequence[Scan], now: datetime) -> list[JudgedRound]:
    """Each round with its verdict; `scans` in the order in which they arrived."""
    made: dict[str, list[Scan]] = {plan.key: [] for plan in plans}
    for scan in scans:
        near = [(plan.key, plan, made[plan.key]) for plan in plans if plan.opens <= scan.time <= plan.closes]
        key = round_for(scan, near)
        if key is not None:
            made[key].append(scan)
    ordered = sorted({plan.key: plan for plan in plans}.values(), key=lambda plan: (plan.due, plan.key))
    return [JudgedRound(plan, judge(plan, made[plan.key], now)) for plan in ordered]


def _newest(connection: sqlite3.Connection, kind: str, since: datetime, most: int) -> list[Signal]:
    """Signals of a kind received since then, newest first."""
    found: list[Signal] = []
    before: int | None = None
    while len(found) < most:
        page = journal.signals(connection, kind=kind, before=before, limit=_SLICE)
        found += [signal for signal in page if signal.time >= since]
        if len(page) < _SLICE or page[-1].time < since:
            break
        before = page[-1].number
    return found
