"""The section `procedures` of desk.yaml: what guards do step by step (预案), by kind, place and hour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from gateway.config.compound import Bilingual, Name
from gateway.config.desk.contacts import RESIDENTS
from gateway.config.desk.step_order import check_steps
from gateway.model import KINDS, DeviceType, is_kind
from gateway.settings.context import DeviceRef, PlaceBranch
from gateway.settings.durations import PositiveDuration, max_duration
from gateway.settings.hours import Hours
from gateway.settings.mend import Wrong, did_you_mean
from gateway.settings.section import Section

MAX_STEPS = 40
MAX_PROCEDURES = 50
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
ShippedName = Literal[
    "fire",
    "gas",
    "panic",
    "medical",
    "lift",
    "burglary",
    "watch-list",
    "falling-object",
    "e-bike",
    "power-cut",
]
SHIPPED: tuple[ShippedName, ...] = get_args(ShippedName)
"""The procedures that Anju brings, as files of gateway/config/procedures."""
Value = str | int | float | bool


def _kind(value: str) -> str:
    if not is_kind(value):
        raise Wrong(f"{value!r} is no kind of signal", did_you_mean(value, KINDS))
    return value


class LongText(Bilingual):
    """What a guard reads or says, in both languages."""

    zh: Annotated[str, Field(min_length=1, max_length=200)]
    en: Annotated[str, Field(min_length=1, max_length=300)]


class AnswerSection(Section):
    """One answer to a question."""

    id: Annotated[Id, Field(description="short and permanent")]
    text: Annotated[Name, Field(description="what the button says: a text, or {zh: …, en: …}")]
    opens: Annotated[tuple[Id, ...], Field(max_length=MAX_STEPS, description="steps that this answer adds")] = ()


class CommandStepSection(Section):
    """A command to one device, or to all of a type at the incident's place, above or below it."""

    device: Annotated[DeviceRef | None, Field(description="this device")] = None
    devices: Annotated[
        DeviceType | None, Field(description="or all of this type (siren, door, barrier) where the incident is")
    ] = None
    action: Annotated[
        str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$"), Field(description="such as unlock, on, sound, arm")
    ]
    arguments: Annotated[
        Mapping[str, Value], Field(max_length=10, description="the command's arguments, such as {seconds: 20}")
    ] = Field(default_factory=dict)
    confirm: Annotated[bool, Field(description="whether a second press confirms it")] = True

    @model_validator(mode="after")
    def _one_target(self) -> CommandStepSection:
        if (self.device is None) is (self.devices is None):
            raise Wrong("a command goes to one device or to one type", "write either 'device' or 'devices'")
        return self


class ProcedureStep(Section):
    """One step. With `call`, `question`, `command` or `announce` it is more than a thing to tick off."""

    id: Annotated[Id, Field(description="short and permanent: what was done is kept by it")]
    text: Annotated[LongText, Field(description="what is to be done, or the question: {zh: …, en: …}")]
    role: Annotated[
        Literal["desk", "patrol", "supervisor", "engineer", "manager", "office"],
        Field(description="who does it; whoever is at the desk records it"),
    ] = "desk"
    within: Annotated[
        PositiveDuration | None,
        max_duration(timedelta(days=1)),
        Field(description="the time for it, from when the procedure began or an answer added the step"),
    ] = None
    mandatory: Annotated[bool, Field(description="the incident can't be closed without it")] = False
    call: Annotated[
        str | None, Field(description=f"a name of `contacts`, or {RESIDENTS}: those who live there", max_length=40)
    ] = None
    question: Annotated[tuple[AnswerSection, ...], Field(max_length=9, description="2 to 9 answers")] = ()
    command: Annotated[CommandStepSection | None, Field(description="what devices are told to do")] = None
    announce: Annotated[LongText | None, Field(description="read out over the loudspeakers or at the door")] = None

    @property
    def kind(self) -> Literal["check", "call", "question", "command", "announce"]:
        """What is done in it."""
        if self.question:
            return "question"
        if self.call is not None:
            return "call"
        if self.command is not None:
            return "command"
        return "check" if self.announce is None else "announce"

    @model_validator(mode="after")
    def _is_one_thing(self) -> ProcedureStep:
        present = [
            key for key in ("call", "question", "command", "announce") if getattr(self, key) not in (None, ())
        ]  # no set: a step's command can't be hashed
        if len(present) > 1:
            raise Wrong(f"step {self.id!r} has {' and '.join(present)}", "make a step of each", (present[1],))
        if len(self.question) == 1:
            raise Wrong(f"step {self.id!r} has one answer", "give at least two", ("question",))
        return self


class KindSection(Section):
    """A kind of signal, and what must stand in its data."""

    kind: Annotated[str, AfterValidator(_kind), Field(description="such as object.seen, or one that begins with x.")]
    data: Annotated[
        Mapping[str, tuple[Value, ...] | Value],
        Field(max_length=5, description="values of the signal's data, one or several that will do: class: [ebike]"),
    ] = Field(default_factory=dict)


def _as_section(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


def _or_its_name(schema: dict[str, Any]) -> None:
    """In the YAML's schema: the section, or the kind alone."""
    section = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"type": "string"}, section]


KindCondition = Annotated[KindSection, BeforeValidator(_as_section), Field(json_schema_extra=_or_its_name)]


class Procedure(Section):
    """When it applies, and its steps in order. Without `kinds` and `rules` only a guard's choice brings it."""

    id: Annotated[Id, Field(description="short and permanent; that of a shipped procedure replaces it")]
    name: Annotated[Name, Field(description="shown to guards: a text, or {zh: …, en: …}")]
    kinds: Annotated[
        tuple[KindCondition, ...],
        Field(max_length=50, description="kinds of the signals that raise the alert: fire.alarm, or {kind, data}"),
    ] = ()
    rules: Annotated[tuple[str, ...], Field(max_length=50, description="or ids of rules.yaml")] = ()
    places: Annotated[tuple[PlaceBranch, ...], Field(max_length=50, description="only at or below these")] = ()
    hours: Annotated[Hours | None, Field(description="only then, by the compound's clock, such as '22:00-06:00'")] = (
        None
    )
    steps: Annotated[
        tuple[ProcedureStep, ...], Field(min_length=1, max_length=MAX_STEPS, description="in order, at most 40")
    ]

    @property
    def conditions(self) -> tuple[object, ...]:
        """When it applies, comparable."""
        return (frozenset(map(str, self.kinds)), frozenset(self.rules), frozenset(self.places), self.hours)

    @model_validator(mode="after")
    def _steps_in_order(self) -> Procedure:
        check_steps(self.id, [(s.id, [(a.id, a.opens) for a in s.question]) for s in self.steps])
        return self


class ProcedureSection(Section):
    """The shipped procedures that are used, and those of this compound."""

    use: Annotated[
        tuple[ShippedName, ...],
        Field(description="shipped ones; of two that apply equally well, the first in the list"),
    ] = SHIPPED
    own: Annotated[
        tuple[Procedure, ...],
        Field(max_length=MAX_PROCEDURES, description="procedures of this compound; they go before the shipped ones"),
    ] = ()

    @model_validator(mode="after")
    def _consistent(self) -> ProcedureSection:
        for index, each in enumerate(self.own):
            for other in self.own[:index]:
                if other.id == each.id:
                    raise Wrong(f"id {each.id!r} is given twice", "choose another", ("own", index, "id"))
                if other.conditions == each.conditions and (each.kinds or each.rules):
                    what = f"{each.id!r} never applies: {other.id!r} has the same conditions"
                    raise Wrong(what, "give one of them other kinds, places or hours", ("own", index, "id"))
        return self
