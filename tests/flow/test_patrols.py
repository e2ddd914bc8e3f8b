"""Rounds over the real pipeline: a gateway that is killed while one is walked raises what it must, once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.flow import pipeline
from gateway.model import Signal
from gateway.patrol.plan import RoundPlan
from gateway.patrol.rule import PatrolRule
from tests.flow.conftest import COMPOUND
from tests.patrol.rounds import PLAN

LONG = timedelta(minutes=30)


def rule():
    return PatrolRule(COMPOUND), "patrol"


@pytest.fixture
def killed(monkeypatch):
    """Each end of a flow is as if the process was killed: nothing is saved on the way out."""
    monkeypatch.setattr(pipeline, "CHECKPOINT_S", 0.0)
    monkeypatch.setattr(pipeline, "SAVE_PROGRESS_S", 0.01)
    monkeypatch.setattr(pipeline.Pipeline, "_save_states", lambda _self: asyncio.sleep(0))


def plan(begins_in: float) -> RoundPlan:
    """A round that must have begun in so many seconds."""
    due = datetime.now(UTC) - LONG + timedelta(seconds=begins_in)
    return replace(PLAN, due=due, tolerance=LONG, longest=LONG, shortest=timedelta(), key="night@1")


async def say(flow, kind, key, data):
    await flow.intake.accept(Signal(device="anju", kind=kind, source_id=key, data=data), timedelta(days=1))
    await flow.until(lambda: any(signal.source_id == key for signal in flow.ear.signals))


async def scan(flow, checkpoint):
    now = datetime.now(UTC).isoformat()
    await say(flow, "checkpoint.scanned", checkpoint, {"checkpoint": checkpoint, "user": "guard", "made": now})


def alerts(flow):
    return sorted((alert.key, alert.count, alert.restored_at is not None) for alert in flow.desk.open_alerts())


@pytest.mark.usefixtures("killed")
async def test_a_round_that_is_not_begun_is_raised_once_across_kills(flow_of):
    async with flow_of(rule()) as flow:
        await say(flow, "patrol.opened", "night@1", plan(1.0).data())
        assert alerts(flow) == []
    async with flow_of(rule()) as flow:
        await flow.until(lambda: alerts(flow))
        assert alerts(flow) == [("night@1/start", 1, False)]
    async with flow_of(rule()) as flow:
        assert alerts(flow) == [("night@1/start", 1, False)]
        await scan(flow, "east")
        await flow.until(lambda: alerts(flow)[0][2])
    async with flow_of(rule()) as flow:
        assert alerts(flow) == [("night@1/start", 1, True)]


@pytest.mark.usefixtures("killed")
async def test_scans_before_a_kill_count_after_it(flow_of):
    async with flow_of(rule()) as flow:
        await say(flow, "patrol.opened", "night@1", plan(2.0).data())
        await scan(flow, "east")
    async with flow_of(rule()) as flow:
        await scan(flow, "n2")
        await flow.until(lambda: alerts(flow))
        assert alerts(flow) == [("night@1/order/n2", 1, False)], "begun in time, and n1 was left out"
    async with flow_of(rule()) as flow:
        await scan(flow, "n1")
        async with asyncio.timeout(5):
            while flow.intake.waiting:
                await asyncio.sleep(0.01)
        assert alerts(flow) == [("night@1/order/n2", 1, False)]


@pytest.mark.usefixtures("killed")
async def test_an_entry_of_the_journal_is_not_decided_on_twice(flow_of):
    """The same scan delivered again after a kill: the journal knows it."""
    async with flow_of(rule()) as flow:
        await say(flow, "patrol.opened", "night@1", plan(5.0).data())
        now = datetime.now(UTC).isoformat()
        data = {"checkpoint": "n1", "user": "guard", "made": now}
        await say(flow, "checkpoint.scanned", "k", data)
        await flow.until(lambda: alerts(flow))
    async with flow_of(rule()) as flow:
        await flow.intake.accept(
            Signal(device="anju", kind="checkpoint.scanned", source_id="k", data=data), timedelta(days=1)
        )
        assert flow.intake.duplicates == 1
        assert alerts(flow) == [("night@1/order/n1", 1, False)]
