"""Converts alerts, signals and devices to response models, leaving out what the audience may not see."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from gateway.auth.audience import Audience, is_personal, visible_data
from gateway.errors import AnjuError
from gateway.flow.device_status import DeviceStatus
from gateway.flow.unrecorded_signals import GATEWAY
from gateway.model import Alert, Household, Signal, Step, Words
from gateway.recording import rows as clip_rows
from gateway.recording.clip import RecordedClip
from gateway.recording.snapshot_keeper import SNAPSHOT_ACTION
from gateway.store import audit, journal
from gateway.store.media import is_picture_name
from gateway.web.alert_responses import AlertView, ClipView, HouseholdView, PersonView, SignalView, StepView
from gateway.web.responses import DeviceView, WordsView
from gateway.web.services import Services

log = structlog.get_logger(__name__)
_FEW_SIGNALS = 3
_NOT_SHOWN = Words("涉及人员，内容不对安装人员显示", "Concerns a person; not shown to installers")


@dataclass(frozen=True, slots=True)
class _AlertDetails:
    """Signals, steps, households and recordings of some alerts, read in one query each."""

    signals: Mapping[str, Sequence[Signal]] = field(default_factory=dict)
    steps: Mapping[str, Sequence[Step]] = field(default_factory=dict)
    households: Mapping[str, Household] = field(default_factory=dict)
    clips: Mapping[str, Sequence[RecordedClip]] = field(default_factory=dict)


def words_view(words: Words) -> WordsView:
    """A text in both languages."""
    return WordsView(zh=words.zh, en=words.en)


_ABOUT_A_PLACE = frozenset(
    """report.made checkpoint.scanned finding.reported duty.asked
    help.called door_plate.scanned door_plate.suspected""".split()
)


class Serializer:
    """Made once, used for many responses."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def alerts(self, alerts: Sequence[Alert], audience: Audience, signals: int = 20) -> list[AlertView]:
        """Each with its newest `signals` signals. Without signals, steps and clips while the database can't be read."""
        details = await self._details(alerts, audience, signals)
        return [self._alert(alert, details, audience) for alert in alerts]

    async def brief(self, alerts: Sequence[Alert], audience: Audience) -> list[AlertView]:
        """Without their signals, steps, recordings and households."""
        if audience.sees_people:
            return [self._alert(alert, _AlertDetails(), audience) for alert in alerts]
        # What may be shown of an alert depends on its signals.
        views = await self.alerts(alerts, audience, _FEW_SIGNALS)
        return [view.model_copy(update={"signals": (), "steps": (), "clips": ()}) for view in views]

    def signal(self, signal: Signal, audience: Audience) -> SignalView:
        """With the part of its data that the audience may see."""
        device = self._services.compound.devices.get(signal.device)
        # These are signals of the gateway itself, about the place of a door plate or checkpoint.
        place = signal.data.get("place") if signal.kind in _ABOUT_A_PLACE else None
        path = place if isinstance(place, str) else device.place if device else ""
        data = visible_data(signal, audience)
        return SignalView(
            id=signal.id,
            kind=signal.kind,
            device=signal.device,
            device_name=self._device_name(signal.device) or signal.device,
            place_name=words_view(self._services.compound.place_name(path)),
            at=signal.at,
            received=signal.received,
            source_id=signal.source_id,
            data=dict(data),
            snapshot=_picture_url(data.get("snapshot")),
        )

    def device(self, status: DeviceStatus) -> DeviceView:
        """A device with its health and commands."""
        device = status.device
        fault = Words.of(status.fault) if status.fault else None
        return DeviceView(
            id=device.id,
            kind=device.kind,
            type=device.type,
            name=device.name,
            place=device.place,
            place_name=words_view(self._services.compound.place_name(device.place)),
            part_of=device.part_of,
            health=status.health,
            since=status.since,
            heard_at=status.heard_at,
            restarts=status.restarts,
            fault=fault[self._services.compound.language] if fault else None,
            faults=words_view(fault) if fault else None,
            actions={name: sorted(arguments) for name, arguments in self._services.actions(device.id).items()},
        )

    def _alert(self, alert: Alert, details: _AlertDetails, audience: Audience) -> AlertView:
        services = self._services
        signals = [self.signal(signal, audience) for signal in details.signals.get(alert.id, ())]
        reason = services.with_names(_shown_reason(alert, signals, audience))
        household = details.households.get(alert.place)
        return AlertView(
            id=alert.id,
            rule=alert.rule,
            severity=alert.severity.word,
            state=alert.state,
            place=alert.place,
            place_name=words_view(services.compound.place_name(alert.place)),
            device=alert.device,
            device_name=self._device_name(alert.device),
            camera=services.cameras.for_alert(alert),
            cameras=services.cameras.around_alert(alert),
            reason=reason[services.compound.language],
            reasons=words_view(reason),
            raised_at=alert.raised_at,
            last_at=alert.last_at,
            restored_at=alert.restored_at,
            count=alert.count,
            disposition=alert.disposition,
            assignee=alert.assignee,
            snapshot=_shown_snapshot(alert, signals, audience),
            incident=alert.incident or f"i-{alert.id}",
            drill=alert.drill,
            on_record=alert.on_record,
            household=_household(household) if household and audience.sees_people else None,
            clips=[_clip(clip) for clip in details.clips.get(alert.id, ())],
            signals=signals,
            steps=[step_view(step, pictures=audience.sees_people) for step in details.steps.get(alert.id, ())],
        )

    def _device_name(self, device_id: str | None) -> str | None:
        """The gateway's own signals carry the compound's name."""
        if device_id is None:
            return None
        device = self._services.compound.devices.get(device_id)
        own = self._services.compound.name if device_id == GATEWAY else device_id
        return device.name if device else own

    async def _details(self, alerts: Sequence[Alert], audience: Audience, limit: int) -> _AlertDetails:
        services = self._services
        ids = [alert.id for alert in alerts]
        households = self._households(alerts) if audience.sees_people else {}
        # Alerts that could not be written have their signal in memory only.
        in_memory = {key: [signal] for key in ids if (signal := services.desk.memory.signal_of(key))}
        try:
            signals, steps, clips = await services.store.read(lambda connection: _read(connection, ids, limit))
        except (sqlite3.Error, OSError, AnjuError, ValueError, TypeError) as error:
            # A damaged database must not hide an open alert: show it without its details.
            log.error("details of alerts can't be read", why=str(error))
            return _AlertDetails(in_memory, households=households)
        return _AlertDetails({**signals, **in_memory}, steps, households, clips if audience.sees_people else {})

    def _households(self, alerts: Sequence[Alert]) -> dict[str, Household]:
        register = self._services.register.snapshot
        places = {alert.place for alert in alerts}
        return {place: found for place in places if (found := register.household(place)) is not None}


def _read(
    connection: sqlite3.Connection, alerts: Collection[str], limit: int
) -> tuple[dict[str, list[Signal]], dict[str, list[Step]], dict[str, Sequence[RecordedClip]]]:
    signals = journal.signals_of_alerts(connection, list(alerts), limit)
    steps = {alert: audit.steps_of(connection, alert) for alert in alerts}
    return signals, steps, clip_rows.of_alerts(connection, alerts)


def _clip(clip: RecordedClip) -> ClipView:
    url = f"/api/v1/clips/{clip.id}.mp4"
    return ClipView(id=clip.id, camera=clip.camera, began=clip.began, ended=clip.ended, url=url)


def step_view(step: Step, *, pictures: bool = False) -> StepView:
    """What a person did; with `pictures` also the picture that was kept."""
    to = step.data.get("user") if step.action == "assign" else None
    kept = step.data.get("sha256") if pictures and step.action == SNAPSHOT_ACTION else None
    return StepView(
        action=step.action,
        user=step.user,
        at=step.at,
        note=step.note,
        to=to,
        incident=step.data.get("incident"),
        snapshot=_picture_url(kept),
    )


def _household(household: Household) -> HouseholdView:
    persons = [PersonView(name=person.name, phone=person.phone, role=person.role) for person in household.persons]
    return HouseholdView(place=household.place, persons=persons, plates=list(household.plates))


def _picture_url(name: object) -> str | None:
    """None for an invalid name: older gateways stored names that devices sent."""
    return f"/api/v1/snapshots/{name}.jpg" if is_picture_name(name) else None


def _shown_reason(alert: Alert, signals: Sequence[SignalView], audience: Audience) -> Words:
    """Installers see the reason only when no signal of the alert is about a person, so that it can name nobody."""
    personal = not signals or any(is_personal(signal.kind) for signal in signals)
    return _NOT_SHOWN if personal and not audience.sees_people else alert.reason


def _shown_snapshot(alert: Alert, signals: Sequence[SignalView], audience: Audience) -> str | None:
    """Installers see the picture only when it belongs to a signal whose picture they may see."""
    url = _picture_url(alert.snapshot)
    if audience.sees_people or any(signal.snapshot == url for signal in signals):
        return url
    return None
