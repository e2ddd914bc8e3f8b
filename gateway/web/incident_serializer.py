"""Converts incidents to response models, leaving out what the audience may not see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import structlog

from gateway.auth.audience import Audience
from gateway.desk.incidents.urgency import sort_key
from gateway.desk.limits import EscalationState
from gateway.desk.procedures.entries import told
from gateway.errors import NotRecorded
from gateway.model import Alert, AlertState, Incident, Step, Words
from gateway.store import audit
from gateway.web.alert_responses import AlertView, ClipView, SignalView, StepView
from gateway.web.incident_responses import EscalationView, IncidentDetail, IncidentView, StoryEntry
from gateway.web.serializers import Serializer, step_view, words_view
from gateway.web.services import Services

log = structlog.get_logger(__name__)
MAX_DETAILED = 100
"""Alerts of one incident that are sent with their details, the newest; all are in `alerts`."""
_SIGNALS = 20


class IncidentSerializer:
    """Made once, used for many responses."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._alerts = Serializer(services)

    async def incidents(self, incidents: Sequence[Incident], audience: Audience) -> list[IncidentView]:
        """Each with the reason of its most severe alert."""
        tops = await self._top_alerts(incidents)
        reasons = await self._reasons(tops.values(), audience)
        return [IncidentView(**self._fields(incident, reasons.get(incident.top), audience)) for incident in incidents]

    async def detail(self, incident: Incident, audience: Audience) -> IncidentDetail:
        """One incident with its alerts, what people did, and its story."""
        alerts = await self._loaded(incident.alerts[-MAX_DETAILED:])
        views = await self._alerts.alerts(alerts, audience, _SIGNALS)
        reasons = {view.id: Words(view.reasons.zh, view.reasons.en) for view in views}
        if incident.top not in reasons:
            reasons = dict(await self._reasons((await self._top_alerts([incident])).values(), audience))
        steps = await self._steps(incident.id)
        return IncidentDetail(
            **self._fields(incident, reasons.get(incident.top), audience),
            alert_details=views,
            steps=[step_view(step) for step in steps],
            story=self._story(views, steps),
        )

    def _fields(self, incident: Incident, reason: Words | None, audience: Audience) -> dict[str, object]:
        services = self._services
        language, said = services.compound.language, reason or incident.why
        opened = services.desk.incidents.open_alerts(incident)
        return {
            "id": incident.id,
            "severity": incident.severity.word,
            "state": incident.state,
            "place": incident.place,
            "place_name": words_view(services.compound.place_name(incident.place)),
            "reason": said[language],
            "reasons": words_view(said),
            "why": incident.why[language],
            "whys": words_view(incident.why),
            "opened_at": incident.opened_at,
            "last_at": incident.last_at,
            "limit_at": incident.limit_at,
            "escalation": self._escalation(incident, opened),
            "held_until": incident.held_until,
            "remind_at": incident.remind_at,
            "reminded_at": incident.reminded_at,
            "remind_note": incident.remind_note if audience.sees_people else "",
            "assignee": incident.assignee,
            "merged_into": incident.merged_into,
            "alerts": list(incident.alerts),
            "open_alerts": len(opened),
            "new_alerts": sum(alert.state is AlertState.NEW for alert in opened),
            "new_by_severity": Counter(a.severity.word for a in opened if a.state is AlertState.NEW),
            "sort_key": sort_key(incident),
            "cameras": services.cameras.around([member.place for member in incident.members]),
            "drill": incident.drill,
            "on_record": incident.on_record,
        }

    def _escalation(self, incident: Incident, alerts: Sequence[Alert]) -> EscalationView:
        limits = self._services.desk.state.fold.limits
        state = limits.escalation(incident, alerts) if limits is not None else EscalationState()
        return EscalationView(
            level=incident.escalation,
            next_at=incident.escalate_at,
            next=words_view(state.next) if state.next else None,
            taken=[words_view(taken) for taken in state.taken],
            louder=state.louder,
            every_desk=state.every_desk,
        )

    async def _top_alerts(self, incidents: Iterable[Incident]) -> dict[str, Alert]:
        return {alert.id: alert for alert in await self._loaded([incident.top for incident in incidents])}

    async def _loaded(self, ids: Iterable[str]) -> list[Alert]:
        desk, wanted = self._services.desk, list(ids)
        try:
            return await desk.alerts_by_id(wanted)
        except NotRecorded as error:
            log.error("closed alerts of incidents can't be read", why=str(error))
        held = [desk.memory.get(each) or desk.state.alerts.get(each) for each in wanted]
        return [alert for alert in held if alert is not None]

    async def _reasons(self, alerts: Iterable[Alert], audience: Audience) -> Mapping[str, Words]:
        """The reasons of these alerts by their id, as the audience may see them."""
        listed = list(alerts)
        if audience.sees_people:
            return {alert.id: self._services.with_names(alert.reason) for alert in listed}
        views = await self._alerts.alerts(listed, audience, 3)
        return {view.id: Words(view.reasons.zh, view.reasons.en) for view in views}

    async def _steps(self, incident_id: str) -> list[Step]:
        try:
            return await self._services.store.read(lambda connection: audit.steps_of(connection, incident_id))
        except NotRecorded as error:
            log.error("the steps of an incident can't be read", why=str(error))
            return []

    def _story(self, alerts: Sequence[AlertView], steps: Sequence[Step]) -> list[StoryEntry]:
        """All that happened, in time order. A step on the whole incident is told once, not once for each alert."""
        entries = [_of_step(step_view(step), None, _said(step)) for step in steps]
        for alert in alerts:
            entries.append(_raised(alert))
            entries += [_of_signal(signal, alert.id) for signal in alert.signals]
            entries += [_of_step(step, alert.id) for step in alert.steps if step.incident is None]
            entries += [_of_clip(clip, alert) for clip in alert.clips]
        return sorted(entries, key=lambda entry: entry.at)


_NOTHING: dict[str, object] = {
    "alert": None,
    "device": None,
    "device_name": None,
    "place_name": None,
    "user": None,
    "snapshot": None,
    "clip": None,
    "texts": words_view(Words("", "")),
}


def _entry(**fields: object) -> StoryEntry:
    return StoryEntry.model_validate({**_NOTHING, **fields})


def _raised(alert: AlertView) -> StoryEntry:
    return _entry(
        at=alert.raised_at,
        kind="alert.raised",
        alert=alert.id,
        device=alert.device,
        device_name=alert.device_name,
        place_name=alert.place_name,
        texts=alert.reasons,
        snapshot=alert.snapshot,
    )


def _of_signal(signal: SignalView, alert: str) -> StoryEntry:
    return _entry(
        at=signal.received or signal.at,
        kind=signal.kind,
        alert=alert,
        device=signal.device,
        device_name=signal.device_name,
        place_name=signal.place_name,
        snapshot=signal.snapshot,
    )


def _said(step: Step) -> Words:
    """What a step of the gateway itself did, to whom it was assigned, or a person's note."""
    if {"zh", "en"} <= step.data.keys():
        return Words(str(step.data["zh"]), str(step.data["en"]))
    if step.action == "assign" and "user" in step.data:
        said = f"→ {step.data['user']} {step.note}".rstrip()
        return Words(said, said)
    return told(step) or Words(step.note, step.note)


def _of_step(step: StepView, alert: str | None, said: Words | None = None) -> StoryEntry:
    note = words_view(said or Words(step.note, step.note))
    return _entry(at=step.at, kind=step.action, alert=alert, user=step.user, texts=note, snapshot=step.snapshot)


def _of_clip(clip: ClipView, alert: AlertView) -> StoryEntry:
    return _entry(
        at=clip.began,
        kind="clip.recorded",
        alert=alert.id,
        device=clip.camera,
        place_name=alert.place_name,
        clip=clip.url,
    )
