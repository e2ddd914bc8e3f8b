"""Renders the hub's changes as JSON messages, once for all screens of the same audience."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence

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
_FEW_ALERTS = 100
_SIGNALS = 50
_CACHE_SIZE = 1024
"""Rendered messages kept for further screens."""


class LiveMessages:
    """Renders snapshots and changes; the result depends only on the audience."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._serializer = Serializer(services)
        self._incidents = IncidentSerializer(services)
        self._cache: OrderedDict[tuple[int, Audience], str] = OrderedDict()
        self._locks = {audience: asyncio.Lock() for audience in Audience}

    async def snapshot(self, audience: Audience) -> tuple[int, str, bool]:
        """The number the snapshot is valid for, its JSON, and whether open alerts were left out.

        A change that happens while the snapshot is read is sent again after it.
        """
        services = self._services
        number = services.hub.number  # before reading: rather send a change twice than miss one
        alerts, counts = services.desk.open_alerts(), self._counts()
        shown = alerts[:MAX_ALERTS]
        signals = await self._newest_signals()
        message = SnapshotMessage(
            number=number,
            alerts=await self._serializer.alerts(shown, audience, 20 if len(shown) <= _FEW_ALERTS else 3),
            alerts_left_out=len(alerts) - len(shown),
            counts=counts,
            silences=[silence_view(each, services) for each in services.desk.silences.in_force()],
            devices=[self._serializer.device(status) for status in services.devices().values()],
            signals=[self._serializer.signal(signal, audience) for signal in signals],
            dropped=services.hub.counts,
        )
        # In a thread: a snapshot of 1000 alerts takes long enough to delay alarms on the loop.
        return number, await asyncio.to_thread(message.model_dump_json), len(alerts) > len(shown)

    async def messages(self, changes: Sequence[Change], audience: Audience) -> list[str]:
        """One message for each change that is still current; replaced ones are left out."""
        current = [change for change in changes if self._services.hub.is_current(change)]
        async with self._locks[audience]:
            rendered = {c.number: text for c in current if (text := self._cache.get((c.number, audience)))}
            missing = [change for change in current if change.number not in rendered]
            rendered |= await self._render(missing, audience)
            self._store(rendered, audience)
        return [rendered[change.number] for change in current]

    def beat(self, number: int) -> str:
        """The message that shows the page that the connection is alive."""
        return BeatMessage(number=number, at=self._services.now()).model_dump_json()

    def _store(self, rendered: Mapping[int, str], audience: Audience) -> None:
        self._cache |= {(number, audience): text for number, text in rendered.items()}
        while len(self._cache) > _CACHE_SIZE:
            self._cache.popitem(last=False)

    async def _render(self, changes: Sequence[Change], audience: Audience) -> dict[int, str]:
        alerts = [change.subject for change in changes if isinstance(change.subject, Alert)]
        incidents = [change.subject for change in changes if isinstance(change.subject, Incident)]
        views = iter(await self._serializer.alerts(alerts, audience) if alerts else ())
        cards = iter(await self._incidents.incidents(incidents, audience) if incidents else ())
        return {change.number: self._message(change, audience, views, cards).model_dump_json() for change in changes}

    def _message(
        self, change: Change, audience: Audience, views: Iterator[AlertView], cards: Iterator[IncidentView]
    ) -> LiveMessage:
        number = change.number
        match change.subject:
            case Alert():
                return AlertMessage(number=number, alert=next(views), counts=self._counts())
            case Incident():
                return IncidentMessage(number=number, incident=next(cards))
            case SilencedSource() as silence:
                return SilenceMessage(number=number, silence=silence_view(silence, self._services))
            case DeviceStatus() as status:
                return DeviceMessage(number=number, device=self._serializer.device(status))
            case Signal() as signal:
                return SignalMessage(number=number, signal=self._serializer.signal(signal, audience))
            case counts:
                return DroppedMessage(number=number, dropped=counts)

    def _counts(self) -> CountsView:
        counts = self._services.desk.counts()
        untouched = {severity.word: counts[severity, True] for severity in Severity}
        return CountsView(open={s.word: untouched[s.word] + counts[s, False] for s in Severity}, untouched=untouched)

    async def _newest_signals(self) -> list[Signal]:
        try:
            return await self._services.store.read(lambda connection: journal.signals(connection, limit=_SIGNALS))
        except (sqlite3.Error, OSError, NotRecorded) as error:
            log.error("newest signals can't be read", why=str(error))
            return []  # open alerts come from memory and are shown all the same
