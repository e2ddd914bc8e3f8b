"""Models of response bodies for the procedure of an incident."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from gateway.model import DeviceType
from gateway.web.responses import ResponseModel, UtcTime, WordsView


class StepEntryView(ResponseModel):
    """What somebody did about a step."""

    at: UtcTime
    user: str
    answer: str
    answer_texts: WordsView | None
    note: str


class AnswerView(ResponseModel):
    """One answer to a question."""

    id: str
    texts: WordsView


class NumberedCallView(ResponseModel):
    """Who is called. The numbers are asked for with a POST, which is put on record."""

    contact: str = Field(description="a name of `contacts`, or residents")
    names: WordsView
    known: bool = Field(description="whether there is a number")


class CommandTargetView(ResponseModel):
    """A device of a command step. `state` is that of the command that was sent last, null before."""

    device: str
    name: str
    possible: bool = Field(description="whether the device takes this command; never in a drill")
    state: Literal["recorded", "sent", "done", "failed"] | None
    why: WordsView | None = Field(description="why it failed")


class CommandStepView(ResponseModel):
    """The command of a step, and the devices it goes to."""

    action: str
    arguments: Mapping[str, Any]
    confirm: bool
    type: DeviceType | None
    devices: Sequence[CommandTargetView]


class ProcedureStepView(ResponseModel):
    """A step that is open. It is done at `done_at`, and blocks closing while `blocking`."""

    id: str
    kind: Literal["check", "call", "question", "command", "announce"]
    role: Literal["desk", "patrol", "supervisor", "engineer", "manager", "office"]
    texts: WordsView
    mandatory: bool
    blocking: bool
    opened_at: UtcTime
    due_at: UtcTime | None
    done_at: UtcTime | None
    overdue: bool = Field(description="not done within its time, by now or at all")
    answer: str
    answers: Sequence[AnswerView]
    call: NumberedCallView | None
    command: CommandStepView | None
    announce: WordsView | None
    entries: Sequence[StepEntryView]


class ProcedureView(ResponseModel):
    """The procedure that holds (预案), with its open steps in order. Answers add further ones."""

    id: str
    names: WordsView
    started_at: UtcTime
    chosen_by: str | None = Field(description="who chose it in place of the one that applies by itself")
    chosen_at: UtcTime | None
    reason: str = Field(description="why it was chosen")
    next: str | None = Field(description="the step to take next")
    blocking: Sequence[str] = Field(description="mandatory steps that are not done: the incident can't be closed")
    steps: Sequence[ProcedureStepView]


class ProcedureChoice(ResponseModel):
    """A procedure that may be chosen; `applies` says that its conditions fit the incident."""

    id: str
    names: WordsView
    applies: bool


class IncidentProcedure(ResponseModel):
    """The procedure of an incident, null when none applies, and all that may be chosen."""

    incident: str
    at: UtcTime = Field(description="the gateway's time, by which steps are overdue")
    procedure: ProcedureView | None
    choices: Sequence[ProcedureChoice]


class NumberView(ResponseModel):
    """Somebody to call. `role` is that of a resident, null for a contact."""

    name: str
    role: str | None
    phone: str = Field(description="empty when none is on record")


class NumberList(ResponseModel):
    """The numbers of a call step, for those who may see them; looking was put on record."""

    items: Sequence[NumberView]
    place_name: WordsView | None = Field(description="of the household, for residents")
