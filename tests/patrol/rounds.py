"""A round of three checkpoints at 22:00 (14:00 UTC), and scans of it, for the tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway.model import Severity, Signal, Words
from gateway.patrol.judge import Scan
from gateway.patrol.plan import PlannedCheckpoint, RoundPlan

DUE = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
PLAN = RoundPlan(
    round="night",
    name=Words("夜间巡更", "Night round"),
    due=DUE,
    tolerance=timedelta(minutes=10),
    shortest=timedelta(seconds=30),
    longest=timedelta(minutes=5),
    late=timedelta(hours=24),
    in_order=True,
    who=(),
    severity=Severity.MEDIUM,
    checkpoints=(
        PlannedCheckpoint("east", Words("东门", "East gate"), "gate/east"),
        PlannedCheckpoint("n1", Words("北墙1", "North 1"), "wall/n1"),
        PlannedCheckpoint("n2", Words("北墙2", "North 2"), "wall/n2"),
    ),
    key="night@20261130T1400Z",
)


def at(minutes: float) -> datetime:
    """So many minutes after the round is due."""
    return DUE + timedelta(minutes=minutes)


def scan(checkpoint: str, minutes: float, user: str = "guard", delivered: float | None = None) -> Scan:
    """A scan so many minutes after DUE; one that was `delivered` later is marked so."""
    received = minutes if delivered is None else delivered
    return Scan(checkpoint, user, at(minutes), at(received), late=delivered is not None)


def opened(plan: RoundPlan = PLAN, number: int = 1) -> Signal:
    """The signal that opens the round."""
    return Signal(
        device="anju", kind="patrol.opened", source_id=plan.key, data=plan.data(), received=plan.opens, number=number
    )


def scanned(checkpoint: str, minutes: float, delivered: float | None = None, user: str = "guard") -> Signal:
    """The signal of a scan."""
    late = delivered is not None
    data = {"checkpoint": checkpoint, "user": user, "by": "qr", "late": late, "made": at(minutes).isoformat()}
    received = at(minutes if delivered is None else delivered)
    return Signal(device="anju", kind="checkpoint.scanned", data=data, received=received, number=2)


def with_more_checkpoints(count: int) -> RoundPlan:
    """The round with so many checkpoints."""
    points = tuple(PlannedCheckpoint(f"c{n}", Words(f"点{n}", f"Point {n}"), f"p/{n}") for n in range(count))
    return replace(PLAN, checkpoints=points)
