"""Figures over a period, and the gauge of the alarm budget."""

from __future__ import annotations

import asyncio
from dataclasses import fields
from functools import partial
from typing import Any

from gateway.figures.figures import Figures, Inputs, figures, present
from gateway.figures.period import Period
from gateway.model import DeviceType
from gateway.web.figure_responses import FiguresView, GaugeView, ShiftsView
from gateway.web.period_query import PeriodQuery, period_of, zone_of
from gateway.web.request_context import RequestContext
from gateway.web.routes import ANY_USER, STAFF, Route
from gateway.web.serializers import words_view
from gateway.web.services import Services

ZONE_TYPES = frozenset({DeviceType.ZONE, DeviceType.SENSOR, DeviceType.HOME})
"""Devices that should ring at least when they are tested."""


class FigureRoutes:
    """Calculates one at a time: a month takes a second of a reader thread, and the other must stay free for alarms."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Semaphore(1)

    def routes(self) -> tuple[Route, ...]:
        """The routes of figures."""
        return (
            Route(
                "GET",
                "/api/v1/figures",
                self.figures,
                allowed=STAFF,
                summary="Figures of a period: counts, response times, alarm budget, outages",
                request_model=PeriodQuery,
                response_model=FiguresView,
            ),
            Route(
                "GET",
                "/api/v1/figures/budget",
                self.budget,
                allowed=ANY_USER,
                summary="The alarm budget of today and of the last ten minutes",
                response_model=GaugeView,
            ),
        )

    async def figures(self, context: RequestContext[PeriodQuery]) -> FiguresView:
        """Handler of GET /api/v1/figures."""
        services, period = context.services, period_of(context.services, context.params)
        query = partial(figures, period=period, inputs=inputs_of(services), now=services.now())
        async with self._one_at_a_time:
            found = await services.store.read(query)
        return figures_view(services, period, found)

    async def budget(self, context: RequestContext[Any]) -> GaugeView:
        """Handler of GET /api/v1/figures/budget."""
        services, now = context.services, context.services.now()
        period = Period(now, now, zone_of(services))
        return GaugeView(gauge=await services.store.read(partial(present, period=period, now=now)), at=now)


def inputs_of(services: Services) -> Inputs:
    """The devices and limits of the present configuration."""
    devices = services.compound.devices.values()
    return Inputs(
        devices=[device.id for device in devices],
        zones=[device.id for device in devices if device.type in ZONE_TYPES],
        limits=services.limits(),
    )


def figures_view(services: Services, period: Period, found: Figures) -> FiguresView:
    """The figures with the names of what occurs in them."""
    compound, sources = services.compound, found.fix.sources
    places = {group.key for group in found.places} | {source.place for source in sources}
    devices = {group.key for group in found.devices} | {outage.device for outage in found.outages.devices}
    devices |= {source.device for source in sources} | {use.device for use in found.zones.never_restored}
    devices |= set(found.zones.never_rang)
    return FiguresView(
        begin=period.begin,
        end=period.end,
        timezone=period.zone.key,
        shifts=ShiftsView(day=period.shifts.day, night=period.shifts.night),
        place_names={place: words_view(compound.place_name(place)) for place in sorted(places)},
        device_names={each: compound.devices[each].name for each in sorted(devices) if each in compound.devices},
        **{field.name: getattr(found, field.name) for field in fields(found)},
    )
