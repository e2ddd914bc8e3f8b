"""Sends the morning report once a day, at the time that desk.yaml sets."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from gateway.errors import NotRecorded
from gateway.figures.figures import Inputs
from gateway.figures.night import night_report, summary
from gateway.figures.period import Shifts, night_before
from gateway.model import Severity, Words
from gateway.notify.message import Message
from gateway.store import Store

log = structlog.get_logger(__name__)
CHECK_INTERVAL_S = 30.0
LATEST = timedelta(hours=6)
"""A gateway that starts later than this after the set time does not send the day's report any more."""


@dataclass(frozen=True, slots=True)
class ReportPlan:
    """What the present configuration says of the report. `at` is None when it is never sent."""

    at: time | None
    shifts: Shifts
    zone: ZoneInfo
    name: str
    url: str
    inputs: Inputs
    notifiers: Sequence[str] = ()


def due(now: datetime, plan: ReportPlan, sent: date | None) -> date | None:
    """The morning whose report has to be sent now. `sent` is the last one that was."""
    if plan.at is None or not plan.notifiers:
        return None
    here = now.astimezone(plan.zone)
    since = here - datetime.combine(here.date(), plan.at, plan.zone)
    return here.date() if timedelta() <= since < LATEST and sent != here.date() else None


class MorningReport:
    """`enqueue` is the outbox's. A message's id is made of the morning, so that a restart does not send it twice."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        plan: Callable[[], ReportPlan],
        enqueue: Callable[[sqlite3.Connection, Iterable[Message]], None],
    ) -> None:
        self._store = store
        self._now = now
        self._plan = plan
        self._enqueue = enqueue
        self._sent: date | None = None

    async def run(self) -> None:
        """Send when it is time, until cancelled."""
        while True:
            await self.send_due()
            await asyncio.sleep(CHECK_INTERVAL_S)

    async def send_due(self) -> None:
        """Send the report if it is time. One that can't be made or kept is tried again at the next call."""
        plan, now = self._plan(), self._now()
        morning = due(now, plan, self._sent)
        if morning is None:
            return
        try:
            messages = await self._compose(plan, morning, now)
            await self._store.write(lambda connection: self._enqueue(connection, messages))
        except NotRecorded as error:
            log.error("the morning report can't be sent; the next round tries again", why=str(error))
        else:
            self._sent = morning

    async def _compose(self, plan: ReportPlan, morning: date, now: datetime) -> list[Message]:
        night = night_before(morning, plan.zone, plan.shifts)
        report = await self._store.read(partial(night_report, night=night, inputs=plan.inputs, now=now))
        link = f"{plan.url}/reports/morning?date={morning}" if plan.url else None
        return [
            Message(
                id=f"report/{morning}",
                notifier=notifier,
                severity=Severity.LOW,
                title=Words(f"晨报 {morning}", f"Morning report {morning}"),
                text=summary(report, plan.name),
                link=link,
                of_incident=False,
            )
            for notifier in plan.notifiers
        ]
