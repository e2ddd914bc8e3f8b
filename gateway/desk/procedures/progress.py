"""How far people are with a procedure: a pure function of its steps and of what was done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.config.desk import Procedure, ProcedureStep
from gateway.desk.procedures.choosing import Applicable
from gateway.desk.procedures.entries import CHOSEN, REACHED, Entry


@dataclass(frozen=True, slots=True)
class StepProgress:
    """A step that is open. `entries` are what was done about it, oldest first."""

    step: ProcedureStep
    opened_at: datetime
    entries: tuple[Entry, ...] = ()

    @property
    def done_at(self) -> datetime | None:
        """When it was done first: a call once somebody was reached, all else once it was taken."""
        done = (e.at for e in self.entries if self.step.kind != "call" or e.answer == REACHED)
        return next(done, None)

    @property
    def due_at(self) -> datetime | None:
        """When its time is over."""
        return None if self.step.within is None else self.opened_at + self.step.within

    @property
    def answer(self) -> str:
        """The last answer."""
        return self.entries[-1].answer if self.entries else ""

    def overdue(self, now: datetime) -> bool:
        """Whether it was not done within its time, by now or at all."""
        return self.due_at is not None and (self.done_at or now) > self.due_at


@dataclass(frozen=True, slots=True)
class ProcedureProgress:
    """The open steps of a procedure in its order, those of given answers included."""

    procedure: Procedure
    started_at: datetime
    steps: tuple[StepProgress, ...]
    chosen: Entry | None = None
    """Who chose it in place of the one that applied by itself."""

    @property
    def blocking(self) -> list[StepProgress]:
        """Mandatory steps that are not done: the incident can't be closed."""
        return [each for each in self.steps if each.step.mandatory and each.done_at is None]

    @property
    def next(self) -> StepProgress | None:
        """The first step that nobody has tried, else the first that still blocks."""
        untried = (each for each in self.steps if not each.entries)
        return next(untried, None) or next(iter(self.blocking), None)

    def find(self, step: str) -> StepProgress | None:
        """The open step of that id."""
        return next((each for each in self.steps if each.step.id == step), None)


def progress_of(applies: Applicable, entries: Iterable[Entry], chosen: Entry | None = None) -> ProcedureProgress:
    """What `entries` (of any procedure, in their order) make of this one."""
    procedure = applies.procedure
    started = chosen.at if chosen else applies.since
    by_step: dict[str, list[Entry]] = {step.id: [] for step in procedure.steps}
    for entry in entries:
        if entry.procedure == procedure.id and entry.step in by_step:
            by_step[entry.step].append(entry)
    opened = _opened(procedure, started, by_step)
    steps = (StepProgress(s, opened[s.id], tuple(by_step[s.id])) for s in procedure.steps if s.id in opened)
    return ProcedureProgress(procedure, started, tuple(steps), chosen)


def _opened(procedure: Procedure, started: datetime, entries: Mapping[str, Sequence[Entry]]) -> Mapping[str, datetime]:
    """The open steps and since when: those that no answer opens, and those that the last answers opened."""
    by_id = {step.id: step for step in procedure.steps}
    by_answer = {other for step in procedure.steps for answer in step.question for other in answer.opens}
    opened = {step.id: started for step in procedure.steps if step.id not in by_answer}
    waiting = list(opened)
    while waiting:  # ends: answers lead in no circle, and a step is open once
        step = by_id[waiting.pop()]
        last = entries[step.id][-1] if entries[step.id] else None
        chosen = next((answer for answer in step.question if last and answer.id == last.answer), None)
        for other in chosen.opens if chosen and last else ():
            at = last.at if last else started
            if other not in opened or at < opened[other]:
                opened[other] = at
                waiting.append(other)
    return opened


def current(
    found: Sequence[Applicable], procedures: Iterable[Procedure], entries: Sequence[Entry]
) -> ProcedureProgress | None:
    """The progress of the procedure that holds now, None when there is none.

    A choice holds for as long as the same procedure would apply without it: a fire that joins a burglary brings the
    fire's procedure, whatever was chosen before.
    """
    best = found[0] if found else None
    known = {procedure.id: procedure for procedure in procedures}
    choices = (each for each in reversed(entries) if each.what == CHOSEN)
    choice = next(choices, None)
    if choice and choice.procedure in known and choice.instead_of == (best.procedure.id if best else ""):
        applies = next((each for each in found if each.procedure.id == choice.procedure), None)
        if best is not None and choice.procedure == best.procedure.id:
            return progress_of(best, entries)  # back to the one that applies anyway
        return progress_of(applies or Applicable(known[choice.procedure], choice.at), entries, choice)
    return progress_of(best, entries) if best else None
