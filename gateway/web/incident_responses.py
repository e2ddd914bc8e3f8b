"""Models of response bodies for incidents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from gateway.model import AlertState
from gateway.web.alert_responses import AlertView, StepView
from gateway.web.responses import ResponseModel, SeverityName, UtcTime, WordsView


class EscalationView(ResponseModel):
    """How far the incident has escalated, and when it goes on."""

    level: int = Field(description="steps of the chain that were taken since its state changed")
    next_at: UtcTime | None = Field(description="when the next step is taken")
    next: WordsView | None = Field(description="what the next step does, such as `notify 值班主管`")
    taken: Sequence[WordsView] = Field(description="what the steps so far did")
    louder: bool = Field(description="the desk that handles it rings louder, whatever its volume is set to")
    every_desk: bool = Field(description="every desk rings, also one that is muted or shows another part")


class IncidentView(ResponseModel):
    """Alerts that belong together, as one card (案情). `why` says why, in the compound's language."""

    id: str
    severity: SeverityName = Field(description="the highest of its alerts")
    state: AlertState = Field(description="new while any of its alerts is new; closed when all are")
    place: str = Field(description="of its most severe alert")
    place_name: WordsView
    reason: str = Field(description="of its most severe alert, in the compound's language")
    reasons: WordsView
    why: str
    whys: WordsView
    opened_at: UtcTime
    last_at: UtcTime
    limit_at: UtcTime | None = Field(description="by when the next step is owed: acknowledgement, then arrival")
    escalation: EscalationView
    held_until: UtcTime | None = Field(description="when it rings again; while any of its alerts is on hold")
    remind_at: UtcTime | None = Field(description="when it reminds people next, while it is in hand")
    reminded_at: UtcTime | None = Field(description="when it reminded them last: one short sound, and its card says so")
    remind_note: str = Field(description="of what a guard wants to be reminded")
    assignee: str | None
    merged_into: str | None = Field(description="the incident that has its alerts now")
    alerts: Sequence[str] = Field(description="ids, in the order in which they joined")
    open_alerts: int
    new_alerts: int
    new_by_severity: Mapping[SeverityName, int] = Field(description="how many of its new alerts are of which severity")
    sort_key: str = Field(description="sorting by it puts the most urgent first")
    cameras: Sequence[str] = Field(description="the cameras at, around and near its places, nearest first; at most 6")
    drill: bool = Field(description="a supervisor injected it for training (演练)")
    on_record: bool


class StoryEntry(ResponseModel):
    """One thing that happened, or that a person did. `kind` is a signal kind, `alert.raised`, or the step's name."""

    at: UtcTime
    kind: str
    alert: str | None
    device: str | None
    device_name: str | None
    place_name: WordsView | None
    texts: WordsView = Field(description="an alert's reason, a note, or empty")
    user: str | None = Field(description="the person who did it")
    snapshot: str | None
    clip: str | None = Field(description="address of a recording")


class IncidentDetail(IncidentView):
    """An incident with its alerts and its story in time order."""

    alert_details: Sequence[AlertView]
    steps: Sequence[StepView] = Field(description="what people did with the incident as a whole, oldest first")
    story: Sequence[StoryEntry]


class IncidentList(ResponseModel):
    """A page of incidents, newest first."""

    items: Sequence[IncidentView]
    next: str | None = Field(description="`after` of the next page; null at the end")


class IncidentStepResult(ResponseModel):
    """The incident after a step. A step is taken on every alert whose state allows it."""

    incident: IncidentDetail
    applied: Sequence[str] = Field(description="alerts that took the step")
    not_applied: Mapping[str, AlertState] = Field(description="alerts that did not, with the state that forbids it")
