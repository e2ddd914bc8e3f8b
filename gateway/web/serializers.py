"""From the vocabulary to what a role may see of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from gateway.auth.audience import Audience, is_personal, shown_data
from gateway.errors import AnjuError
from gateway.flow.device_status import DeviceStatus
from gateway.flow.unrecorded_signals import GATEWAY
from gateway.model import Alert, Household, Signal, Step, Words
from gateway.recording import rows as clip_rows
from gateway.recording.clip import Clip
from gateway.store import audit, journal
from gateway.store.media import is_picture_name
from gateway.web.responses import (
    AlertView,
    ClipView,
    DeviceView,
    HouseholdView,
    PersonView,
    SignalView,
    StepView,
    WordsView,
)
from gateway.web.services import Services

log = structlog.get_logger(__name__)
_NOT_SHOWN = Words("涉及人员，内容不对安装人员显示", "Concerns a person; not shown to installers")


@dataclass(frozen=True, slots=True)
class _Behind:
    """What stands behind some alerts, read in one go."""

    signals: Mapping[str, Sequence[Signal]] = field(default_factory=dict)
    steps: Mapping[str, Sequence[Step]] = field(default_factory=dict)
    households: Mapping[str, Household] = field(default_factory=dict)
    clips: Mapping[str, Sequence[Clip]] = field(default_factory=dict)


def words_view(words: Words) -> WordsView:
    return WordsView(zh=words.zh, en=words.en)


class Serializer:
    """Made once for many."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def alerts(self, alerts: Sequence[Alert], audience: Audience, signals: int = 20) -> list[AlertView]:
        """Each with its newest `signals` signals. Shown even where the record can't be read."""
        behind = await self._behind(alerts, audience, signals)
        return [self._alert(alert, behind, audience) for alert in alerts]

    def signal(self, signal: Signal, audience: Audience) -> SignalView:
        device = self._services.facts.devices.get(signal.device)
        place = signal.data.get("place") if signal.kind == "report.made" else None
        path = place if isinstance(place, str) else device.place if device else ""
        shown = shown_data(signal, audience)
        return SignalView(
            id=signal.id,
            kind=signal.kind,
            device=signal.device,
            device_name=self._device_name(signal.device) or signal.device,
            place_name=words_view(self._services.facts.place_name(path)),
            at=signal.at,
            received=signal.received,
            source_id=signal.source_id,
            data=dict(shown),
            snapshot=_picture_url(shown.get("snapshot")),
        )

    def device(self, status: DeviceStatus) -> DeviceView:
        device = status.device
        fault = Words.of(status.fault) if status.fault else None
        return DeviceView(
            id=device.id,
            kind=device.kind,
            type=device.type,
            name=device.name,
            place=device.place,
            place_name=words_view(self._services.facts.place_name(device.place)),
            part_of=device.part_of,
            health=status.health,
            since=status.since,
            heard_at=status.heard_at,
            restarts=status.restarts,
            fault=fault[self._services.facts.language] if fault else None,
            faults=words_view(fault) if fault else None,
            actions={name: sorted(arguments) for name, arguments in self._services.actions(device.id).items()},
        )

    def _alert(self, alert: Alert, behind: _Behind, audience: Audience) -> AlertView:
        services = self._services
        signals = [self.signal(signal, audience) for signal in behind.signals.get(alert.id, ())]
        reason = _shown_reason(alert, signals, audience)
        household = behind.households.get(alert.place)
        return AlertView(
            id=alert.id,
            rule=alert.rule,
            severity=alert.severity.word,
            state=alert.state,
            place=alert.place,
            place_name=words_view(services.facts.place_name(alert.place)),
            device=alert.device,
            device_name=self._device_name(alert.device),
            camera=services.cameras.of(alert),
            reason=reason[services.facts.language],
            reasons=words_view(reason),
            raised_at=alert.raised_at,
            last_at=alert.last_at,
            restored_at=alert.restored_at,
            count=alert.count,
            disposition=alert.disposition,
            assignee=alert.assignee,
            snapshot=_shown_snapshot(alert, signals, audience),
            on_record=alert.on_record,
            household=_household(household) if household and audience.sees_people else None,
            clips=[_clip(clip) for clip in behind.clips.get(alert.id, ())],
            signals=signals,
            steps=[_step(step) for step in behind.steps.get(alert.id, ())],
        )

    def _device_name(self, device_id: str | None) -> str | None:
        """The gateway itself goes by the compound's name."""
        if device_id is None:
            return None
        device = self._services.facts.devices.get(device_id)
        own = self._services.facts.name if device_id == GATEWAY else device_id
        return device.name if device else own

    async def _behind(self, alerts: Sequence[Alert], audience: Audience, most: int) -> _Behind:
        services = self._services
        ids = [alert.id for alert in alerts]
        households = self._households(alerts) if audience.sees_people else {}
        in_memory = {key: [signal] for key in ids if (signal := services.desk.memory.signal_of(key))}
        try:
            signals, steps, clips = await services.store.read(lambda connection: _read(connection, ids, most))
        except (sqlite3.Error, OSError, AnjuError, ValueError, TypeError) as error:
            log.error("what stands behind alerts can't be read", why=str(error))
            return _Behind(in_memory, households=households)
        return _Behind({**signals, **in_memory}, steps, households, clips if audience.sees_people else {})

    def _households(self, alerts: Sequence[Alert]) -> dict[str, Household]:
        register = self._services.register.snapshot
        places = {alert.place for alert in alerts}
        return {place: found for place in places if (found := register.household(place)) is not None}


def _read(
    connection: sqlite3.Connection, alerts: Collection[str], most: int
) -> tuple[dict[str, list[Signal]], dict[str, list[Step]], dict[str, Sequence[Clip]]]:
    signals = journal.signals_of_alerts(connection, list(alerts), most)
    steps = {alert: audit.steps_of(connection, alert) for alert in alerts}
    return signals, steps, clip_rows.of_alerts(connection, alerts)


def _clip(clip: Clip) -> ClipView:
    url = f"/api/v1/clips/{clip.id}.mp4"
    return ClipView(id=clip.id, camera=clip.camera, began=clip.began, ended=clip.ended, url=url)


def _step(step: Step) -> StepView:
    to = step.data.get("user") if step.action == "assign" else None
    return StepView(action=step.action, user=step.user, at=step.at, note=step.note, to=to)


def _household(household: Household) -> HouseholdView:
    persons = [PersonView(name=person.name, phone=person.phone, role=person.role) for person in household.persons]
    return HouseholdView(place=household.place, persons=persons, plates=list(household.plates))


def _picture_url(name: object) -> str | None:
    """None for what is no name of a picture: a device may have said it to an older gateway."""
    return f"/api/v1/snapshots/{name}.jpg" if is_picture_name(name) else None


def _shown_reason(alert: Alert, signals: Sequence[SignalView], audience: Audience) -> Words:
    """A technician reads it only where it can name nobody: no signal behind it is of a person."""
    personal = not signals or any(is_personal(signal.kind) for signal in signals)
    return _NOT_SHOWN if personal and not audience.sees_people else alert.reason


def _shown_snapshot(alert: Alert, signals: Sequence[SignalView], audience: Audience) -> str | None:
    """A technician sees it only where one of the signals shown vouches that it is of no person's face."""
    url = _picture_url(alert.snapshot)
    if audience.sees_people or any(signal.snapshot == url for signal in signals):
        return url
    return None
