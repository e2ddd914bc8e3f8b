"""The morning report is sent once a day at its time, and names nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from gateway.app.morning_report import MorningReport, ReportPlan, due
from gateway.errors import NotRecorded
from gateway.figures.figures import Inputs
from gateway.figures.period import Shifts
from gateway.store import Store
from tests.support.months import fill, some_devices

PLAN = ReportPlan(
    time(8, 15), Shifts(), ZoneInfo("Asia/Shanghai"), "西子御园", "https://anju.example", Inputs(), ("lobby", "boss")
)
MORNING = date(2026, 11, 30)


def utc(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 30, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "sent", "expected"),
    [
        (utc(0, 14), None, None),
        (utc(0, 15), None, MORNING),
        (utc(0, 15), MORNING, None),
        (utc(0, 15), date(2026, 11, 29), MORNING),
        (utc(6, 14), None, MORNING),
        (utc(6, 15), None, None),
    ],
)
def test_it_is_due_at_its_time_by_the_compounds_clock_and_once(now, sent, expected):
    assert due(now, PLAN, sent) == expected


def test_without_a_time_or_a_notifier_it_is_never_due():
    assert due(utc(2), replace(PLAN, at=None), None) is None
    assert due(utc(2), replace(PLAN, notifiers=()), None) is None


async def test_it_tells_the_night_in_numbers_and_is_tried_again_when_it_could_not_be_kept(tmp_path):
    fill(tmp_path, some_devices(), utc(0, 0), 3, 200)
    sent, broken = [], [True]

    def enqueue(_connection, messages):
        if broken:
            broken.pop()
            raise NotRecorded("disk full")
        sent.extend(messages)

    async with Store.open(tmp_path) as store:
        report = MorningReport(store, lambda: utc(0, 20), lambda: PLAN, enqueue)
        for _ in range(3):
            await report.send_due()
    assert [message.notifier for message in sent] == ["lobby", "boss"]
    message = sent[0]
    assert not message.of_incident
    assert message.id == "report/2026-11-30"
    assert message.link == "https://anju.example/reports/morning?date=2026-11-30"
    assert message.text.zh.startswith("西子御园 晨报 2026-11-30：昨夜警情 ")
    assert "设备" in message.text.zh
    assert not any(device.name in message.text.zh or device.place in message.text.zh for device in some_devices())
