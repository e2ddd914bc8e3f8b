"""Reports for print: the night (晨报), and the week's list of what to fix. Rendered here; they need no script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from gateway.figures.budget import A_DAY
from gateway.figures.figures import figures
from gateway.figures.night import night_report
from gateway.figures.period import Period, night_before, start_of
from gateway.web.api.figures import inputs_of
from gateway.web.pages.renderer import PageRenderer
from gateway.web.pages.report_texts import duration, percent, texts_in
from gateway.web.period_query import date_of, today, zone_of
from gateway.web.request_context import RequestContext
from gateway.web.requests import RequestModel
from gateway.web.routes import LEADERS, Route
from gateway.web.view_audit import REPORT, ViewAudit

_WEEK, _FIX = timedelta(days=7), 10


class ReportQuery(RequestModel):
    """`date`: the morning on which the night ended, or the last day of the week; default: today."""

    date: Annotated[str, Field(max_length=10)] | None = None
    lang: Literal["zh", "en"] | None = None


class ReportPages:
    """Each look is in the audit: a report says what happened at whose door."""

    def __init__(self, renderer: PageRenderer, views: ViewAudit) -> None:
        self._renderer = renderer
        self._views = views

    def routes(self) -> tuple[Route, ...]:
        """The routes of reports."""
        pages = (("/reports/morning", self.morning), ("/reports/week", self.week))
        return tuple(
            Route("GET", path, handler, allowed=LEADERS, request_model=ReportQuery, page=True)
            for path, handler in pages
        )

    async def morning(self, context: RequestContext[ReportQuery]) -> web.Response:
        """Handler of GET /reports/morning."""
        services, day = context.services, _date(context)
        night = night_before(day, zone_of(services), services.shifts())
        await self._views.record(context.identity.user, REPORT, f"morning {day}")
        query = partial(night_report, night=night, inputs=inputs_of(services), now=services.now())
        report = await services.store.read(query)
        return self._page(context, "morning.html", day, timedelta(days=1), night, report=report, found=report.figures)

    async def week(self, context: RequestContext[ReportQuery]) -> web.Response:
        """Handler of GET /reports/week."""
        services, day, zone = context.services, _date(context), zone_of(context.services)
        end = start_of(day + timedelta(days=1), zone)
        week = Period(start_of(day + timedelta(days=1) - _WEEK, zone), end, zone, services.shifts())
        await self._views.record(context.identity.user, REPORT, f"week {day}")
        query = partial(figures, period=week, inputs=inputs_of(services), now=services.now(), fixes=_FIX)
        found = await services.store.read(query)
        return self._page(context, "week.html", day, _WEEK, week, found=found)

    def _page(
        self,
        context: RequestContext[ReportQuery],
        template: str,
        day: date,
        step: timedelta,
        period: Period,
        **values: Any,
    ) -> web.Response:
        compound, language = context.services.compound, context.params.lang or context.language
        return self._renderer.page(
            context,
            template,
            texts=texts_in(language),
            language=language,
            compound=compound.name,
            date=day,
            before=day - step,
            after=day + step,
            begin=_clock(period)(period.begin),
            end=_clock(period)(period.end),
            made=_clock(period)(context.services.now()),
            clock=_clock(period),
            budget_a_day=A_DAY,
            duration=partial(duration, language=language),
            percent=percent,
            place=lambda place: compound.place_name(place)[language],
            device=_device_names(context),
            with_names=context.services.with_names,
            **values,
        )


def _date(context: RequestContext[ReportQuery]) -> date:
    given = context.params.date
    return date_of(given) if given else today(context.services)


def _clock(period: Period) -> Callable[[datetime], str]:
    return lambda at: at.astimezone(period.zone).strftime("%m-%d %H:%M")


def _device_names(context: RequestContext[ReportQuery]) -> Callable[[str], str]:
    """A device's name, with its place where several devices have the same."""
    compound, language = context.services.compound, context.params.lang or context.language
    count = Counter(device.name for device in compound.devices.values())

    def name(key: str) -> str:
        device = compound.devices.get(key)
        if device is None:
            return key
        return (
            f"{device.name} · {compound.place_name(device.place)[language]}" if count[device.name] > 1 else device.name
        )

    return name
