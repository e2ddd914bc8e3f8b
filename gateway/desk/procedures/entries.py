"""What people did about the procedure of an incident, read from its rows of the audit chain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.config.desk import Procedure, ProcedureStep
from gateway.model import Step, Words, as_data, from_data

TAKEN, ANSWERED, CHOSEN, LOOKED = "procedure-step", "procedure-answer", "procedure-choose", "number-view"
"""Names of the rows of the audit chain."""
ACTION_KINDS_OF: Mapping[str, str] = {
    TAKEN: "procedure.step_taken",
    ANSWERED: "procedure.answered",
    CHOSEN: "procedure.chosen",
}
"""The kinds of the journal's entries."""
REACHED = "reached"
CALL_ANSWERS: Mapping[str, Words] = {
    REACHED: Words("已接通", "Reached"),
    "not_reached": Words("无人接听", "No answer"),
    "busy": Words("占线", "Busy"),
}
"""What can come of a call."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A step taken, a question answered, or a procedure chosen. `commands` are ids of the commands that were sent."""

    what: str
    procedure: str
    step: str
    answer: str
    user: str
    at: datetime
    note: str = ""
    commands: tuple[str, ...] = ()
    instead_of: str = ""
    """Of a choice: the procedure that applied by itself then."""


def entries_of(steps: Iterable[Step]) -> list[Entry]:
    """The entries among an incident's rows, in their order."""
    return [_entry(step) for step in steps if step.action in ACTION_KINDS_OF]


def _entry(step: Step) -> Entry:
    data = step.data
    return Entry(
        step.action,
        str(data.get("procedure") or ""),
        str(data.get("step") or ""),
        str(data.get("answer") or ""),
        step.user,
        step.at,
        step.note,
        tuple(map(str, data.get("commands") or ())),
        str(data.get("instead_of") or ""),
    )


def merged_into(steps: Iterable[Step]) -> list[str]:
    """The incidents whose alerts, and with them what was done, became this one's."""
    return [str(step.data["incident"]) for step in steps if step.action == "merge" and "incident" in step.data]


def answer_words(step: ProcedureStep, answer: str) -> Words | None:
    """What the answer says, in both languages."""
    if step.kind == "call":
        return CALL_ANSWERS.get(answer)
    return next((each.text.words for each in step.question if each.id == answer), None)


def about(
    procedure: Procedure, step: ProcedureStep | None, answer: str = "", commands: Sequence[str] = ()
) -> dict[str, Any]:
    """The data of a row: ids, and the words as they were then, for a story that outlives the YAML."""
    data: dict[str, Any] = {"procedure": procedure.id, "name": as_data(procedure.name.words)}
    if step is not None:
        data |= {"step": step.id, "text": as_data(step.text.words)}
        said = answer_words(step, answer)
        data |= {"answer": answer, "said": as_data(said)} if said else {}
    return {**data, **({"commands": list(commands)} if commands else {})}


def told(step: Step) -> Words | None:
    """What a row of the audit chain says in the story; None for a row about something else."""
    if step.action not in {*ACTION_KINDS_OF, LOOKED}:
        return None
    text = Words.of(from_data(step.data.get("text") or step.data.get("name") or ""))
    said = step.data.get("said")
    if said is not None:
        answer = Words.of(from_data(said))
        text = Words(f"{text.zh} → {answer.zh}", f"{text.en} → {answer.en}")
    return Words(f"{text.zh}（{step.note}）", f"{text.en} ({step.note})") if step.note else text
