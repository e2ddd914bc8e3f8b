"""Renders the hub's changes as JSON messages, once for all screens of the same audience."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import structlog

from gateway.auth.audience import Audience
from gateway.errors import NotRecorded
from gateway.flow.device_status import DeviceStatus
from gateway.model import Alert, Incident, Severity, Signal, SilencedSource
from gateway.store import journal
from gateway.web.alert_responses import AlertView
from gateway.web.hub import Change
from gateway.web.incident_responses import IncidentView
from gateway.web.incident_serializer import IncidentSerializer
from gateway.web.live_messages import (
    AlertMessage,
    BeatMessage,
    CountsView,
    DeviceMessage,
    DroppedMessage,
    IncidentMessage,
    LiveMessage,
    SignalMessage,
    SilenceMessage,
    SnapshotMessage,
)
from gateway.web.serializers import Serializer
from gateway.web.services import Services
from gateway.web.silence_views import silence_view

log = structlog.get_logger(__name__)
MAX_ALERTS = 1000
"""Open alerts in one snapshot, the most severe first."""
MAX_BRIEF_ALERTS = 300
MAX_INCIDENTS = 300
"""Open incidents in one snapshot, the most urgent first."""
_FEW_ALERTS = 100
_SIGNALS = 50
_CACHE_SIZE = 1024
"""Rendered messages kept for further screens."""


@dataclass(frozen=True, slots=True)
class LiveView:
    """What the messages for a socket depend on: who may see them, and how much of each alert is wanted."""

    audience: Audience
    brief: bool = False


class LiveMessages:
    """Renders snapshots and changes; the result depends only on the view."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._serializer = Serializer(services)
        self._incidents = IncidentSerializer(services)
        self._cache: OrderedDict[tuple[int, LiveView], str] = OrderedDict()
        self._locks: defaultdict[LiveView, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def snapshot(self, view: LiveView) -> tuple[int, str, bool]:
        """The number the snapshot is valid for, its JSON, and whether open alerts were left out.

        A change that happens while the snapshot is read is sent again after it.
        """
        services = self._services
        number = services.hub.number  # before reading: rather send a change twice than miss one
        alerts, incidents = services.desk.open_alerts(), services.desk.incidents.open_incidents()
        counts, incident_counts = self._counts(), self._incident_counts()
        shown = alerts[: MAX_BRIEF_ALERTS if view.brief else MAX_ALERTS]
        signals = await self._newest_signals()
        message = SnapshotMessage(
            number=number,
            incidents=await self._incidents.incidents(incidents[:MAX_INCIDENTS], view.audience),
            incidents_left_out=max(0, len(incidents) - MAX_INCIDENTS),
            incident_counts=incident_counts,
            alerts=await self._alerts(shown, view, 20 if len(shown) <= _FEW_ALERTS else 3),
            alerts_left_out=len(alerts) - len(shown),
            counts=counts,
            silences=[silence_view(each, services) for each in services.desk.silences.in_force()],
            devices=[self._serializer.device(status) for status in services.devices().values()],
            signals=[self._serializer.signal(signal, view.audience) for signal in signals],
            dropped=services.hub.counts,
        )
        # In a thread: a snapshot of 1000 alerts takes long enough to delay alarms on the loop.
        return number, await asyncio.to_thread(message.model_dump_json), len(alerts) > len(shown)

    async def messages(self, changes: Sequence[Change], view: LiveView) -> list[str]:
        """One message for each change that is still current; replaced ones are left out."""
        current = [change for change in changes if self._services.hub.is_current(change)]
        async with self._locks[view]:
            rendered = {c.number: text for c in current if (text := self._cache.get((c.number, view)))}
            missing = [change for change in current if change.number not in rendered]
            rendered |= await self._render(missing, view)
            self._store(rendered, view)
        return [rendered[change.number] for change in current]

    def beat(self, number: int) -> str:
        """The message that shows the page that the connection is alive."""
        return BeatMessage(number=number, at=self._services.now()).model_dump_json()

    def _store(self, rendered: Mapping[int, str], view: LiveView) -> None:
        self._cache |= {(number, view): text for number, text in rendered.items()}
        while len(self._cache) > _CACHE_SIZE:
            self._cache.popitem(last=False)

    async def _render(self, changes: Sequence[Change], view: LiveView) -> dict[int, str]:
        alerts = [change.subject for change in changes if isinstance(change.subject, Alert)]
        incidents = [change.subject for change in changes if isinstance(change.subject, Incident)]
        views = iter(await self._alerts(alerts, view) if alerts else ())
        cards = iter(await self._incidents.incidents(incidents, view.audience) if incidents else ())
        return {change.number: self._message(change, view, views, cards).model_dump_json() for change in changes}

    def _message(
        self, change: Change, view: LiveView, views: Iterator[AlertView], cards: Iterator[IncidentView]
    ) -> LiveMessage:
        number = change.number
        match change.subject:
            case Alert():
                return AlertMessage(number=number, alert=next(views), counts=self._counts())
            case Incident():
                return IncidentMessage(number=number, incident=next(cards), counts=self._incident_counts())
            case SilencedSource() as silence:
                return SilenceMessage(number=number, silence=silence_view(silence, self._services))
            case DeviceStatus() as status:
                return DeviceMessage(number=number, device=self._serializer.device(status))
            case Signal() as signal:
                return SignalMessage(number=number, signal=self._serializer.signal(signal, view.audience))
            case counts:
                return DroppedMessage(number=number, dropped=counts)

    async def _alerts(self, alerts: Sequence[Alert], view: LiveView, signals: int = 20) -> list[AlertView]:
        if view.brief:
            return await self._serializer.brief(alerts, view.audience)
        return await self._serializer.alerts(alerts, view.audience, signals)

    def _counts(self) -> CountsView:
        return _counts_view(self._services.desk.counts())

    def _incident_counts(self) -> CountsView:
        return _counts_view(self._services.desk.incidents.counts())

    async def _newest_signals(self) -> list[Signal]:
        try:
            return await self._services.store.read(lambda connection: journal.signals(connection, limit=_SIGNALS))
        except (sqlite3.Error, OSError, NotRecorded) as error:
            log.error("newest signals can't be read", why=str(error))
            return []  # open alerts come from memory and are shown all the same


def _counts_view(counts: Counter[tuple[Severity, bool]]) -> CountsView:
    untouched = {severity.word: counts[severity, True] for severity in Severity}
    return CountsView(open={s.word: untouched[s.word] + counts[s, False] for s in Severity}, untouched=untouched)
