"""Changes of the hub as messages: made once for everybody who may see the same."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence

import structlog

from gateway.auth.audience import Audience
from gateway.errors import NotRecorded
from gateway.flow.device_status import DeviceStatus
from gateway.model import Alert, Severity, Signal
from gateway.store import journal
from gateway.web.hub import Change
from gateway.web.live_messages import (
    AlertMessage,
    BeatMessage,
    CountsView,
    DeviceMessage,
    DroppedMessage,
    LiveMessage,
    SignalMessage,
    SnapshotMessage,
)
from gateway.web.responses import AlertView
from gateway.web.serializers import Serializer
from gateway.web.services import Services

log = structlog.get_logger(__name__)
MAX_ALERTS = 1000
"""Open alerts in one snapshot; those that matter most come first."""
_FEW_ALERTS = 100
_SIGNALS = 50
_MADE = 1024
"""Messages kept for the next screen that wants the same."""


class LiveFeed:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._presenter = Serializer(services)
        self._made: OrderedDict[tuple[int, Audience], str] = OrderedDict()
        self._making = {audience: asyncio.Lock() for audience in Audience}

    async def snapshot(self, audience: Audience) -> tuple[int, str, bool]:
        """The whole state, the number it is true for (what changed while it was read comes again), and whether
        open alerts were left out.
        """
        services = self._services
        number = services.hub.number
        alerts, counts = services.desk.open_alerts(), self._counts()
        shown = alerts[:MAX_ALERTS]
        signals = await self._newest_signals()
        message = SnapshotMessage(
            number=number,
            alerts=await self._presenter.alerts(shown, audience, 20 if len(shown) <= _FEW_ALERTS else 3),
            alerts_left_out=len(alerts) - len(shown),
            counts=counts,
            devices=[self._presenter.device(status) for status in services.devices().values()],
            signals=[self._presenter.signal(signal, audience) for signal in signals],
            dropped=services.hub.counts,
        )
        return number, await asyncio.to_thread(message.model_dump_json), len(alerts) > len(shown)

    async def messages(self, changes: Sequence[Change], audience: Audience) -> list[str]:
        """One for each change that still stands; a state that was overtaken is left to its successor."""
        standing = [change for change in changes if self._services.hub.stands(change)]
        async with self._making[audience]:
            made = {c.number: text for c in standing if (text := self._made.get((c.number, audience)))}
            missing = [change for change in standing if change.number not in made]
            made |= await self._make(missing, audience)
            self._keep(made, audience)
        return [made[change.number] for change in standing]

    def beat(self, number: int) -> str:
        return BeatMessage(number=number, at=self._services.now()).model_dump_json()

    def _keep(self, made: Mapping[int, str], audience: Audience) -> None:
        self._made |= {(number, audience): text for number, text in made.items()}
        while len(self._made) > _MADE:
            self._made.popitem(last=False)

    async def _make(self, changes: Sequence[Change], audience: Audience) -> dict[int, str]:
        alerts = [change.subject for change in changes if isinstance(change.subject, Alert)]
        views = iter(await self._presenter.alerts(alerts, audience) if alerts else ())
        made: dict[int, str] = {}
        for change in changes:
            message = self._message(change, audience, views)
            made[change.number] = message.model_dump_json()
        return made

    def _message(self, change: Change, audience: Audience, views: Iterator[AlertView]) -> LiveMessage:
        number = change.number
        match change.subject:
            case Alert():
                return AlertMessage(number=number, alert=next(views), counts=self._counts())
            case DeviceStatus() as status:
                return DeviceMessage(number=number, device=self._presenter.device(status))
            case Signal() as signal:
                return SignalMessage(number=number, signal=self._presenter.signal(signal, audience))
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
            log.error("the newest signals can't be read", why=str(error))
            return []
