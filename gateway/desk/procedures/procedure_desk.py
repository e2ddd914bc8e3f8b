"""The procedure of each incident: what applies, what people did, and what still blocks closing."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any

from gateway.config.desk import ContactSection, Procedure
from gateway.desk import rows
from gateway.desk.procedures.choosing import AlertFacts, Applicable, applicable, kinds_with_data
from gateway.desk.procedures.entries import (
    ACTION_KINDS_OF,
    ANSWERED,
    CHOSEN,
    LOOKED,
    TAKEN,
    Entry,
    about,
    answer_words,
    entries_of,
    merged_into,
)
from gateway.desk.procedures.progress import ProcedureProgress, StepProgress, current
from gateway.desk.state import DeskState, Unit, nothing
from gateway.errors import Conflict, NotFound, Refused
from gateway.model import Action, Alert, Disposition, Incident, Step, Words
from gateway.store import Store, audit, journal

Act = Callable[[Sequence[Action], Unit], Awaitable[object]]
PLANNED = frozenset({Disposition.TEST, Disposition.DRILL})
"""What an alarm is closed as that was arranged before: nothing happened, and nothing is owed."""
MAX_MERGES = 100
"""Merged incidents whose entries are read with those of an incident."""


@dataclass(frozen=True, slots=True)
class ProcedureList:
    """What the YAML says: procedures in order, contacts by name, and the compound's time zone."""

    procedures: tuple[Procedure, ...] = ()
    contacts: Mapping[str, ContactSection] | None = None
    zone: tzinfo = UTC

    def contact(self, name: str) -> ContactSection | None:
        """The contact of that name, if it is known."""
        return (self.contacts or {}).get(name)


@dataclass(frozen=True, slots=True)
class CurrentProcedure:
    """The procedure that holds for an incident, and those that apply to it without a choice, the best first."""

    progress: ProcedureProgress | None
    applicable: Sequence[Applicable]
    entries: Sequence[Entry]


class MandatoryStepsOpen(Conflict):
    """An incident can't be closed yet; `words` name the steps."""

    def __init__(self, procedure: Procedure, steps: Sequence[StepProgress]) -> None:
        name = procedure.name.words
        zh = "；".join(each.step.text.zh for each in steps)
        en = "; ".join(each.step.text.en for each in steps)
        self.words = Words(
            f"预案「{name.zh}」还有必做步骤没有完成：{zh}", f"The procedure “{name.en}” has mandatory steps open: {en}"
        )
        super().__init__(self.words.en)
        self.steps = [each.step.id for each in steps]


class ProcedureDesk:
    """`list` is replaced by a new configuration."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        state: DeskState,
        act: Act,
    ) -> None:
        self._store = store
        self._now = now
        self._state = state
        self._act = act
        self.list = ProcedureList()

    async def current(self, incident: Incident) -> CurrentProcedure:
        """What holds for the incident now. Raises NotRecorded while the database can't be read."""
        if not self.list.procedures:
            return CurrentProcedure(None, (), ())
        alerts = {each: self._state.alerts[each] for each in incident.alerts if each in self._state.alerts}
        kinds = kinds_with_data(self.list.procedures)

        def read(connection: sqlite3.Connection) -> tuple[list[AlertFacts], list[Entry]]:
            return _facts(connection, incident, alerts, kinds), _entries(connection, incident.id)

        facts, entries = await self._store.read(read)
        found = applicable(self.list.procedures, facts, self.list.zone)
        return CurrentProcedure(current(found, self.list.procedures, entries), found, entries)

    async def take(
        self,
        incident_id: str,
        step_id: str,
        user: str,
        answer: str = "",
        note: str = "",
        commands: Sequence[str] = (),
        again: bool = False,
        beside: tuple[Sequence[Action], Unit] = ((), nothing),
    ) -> None:
        """Record that a step was taken or its question answered, in one commit with `beside` (its commands).

        A command step is taken again only with `again`, so that two desks do not send it twice by chance.

        Raises NotFound, Conflict for a step that was taken, Refused for a wrong answer, or NotRecorded.
        """
        async with self._state.changing:
            incident, progress = await self._open(incident_id)
            found = progress.find(step_id)
            if found is None:
                raise NotFound(f"no open step {step_id} in procedure {progress.procedure.id}")
            _check_answer(found, answer, again=again)
            what = ANSWERED if found.step.kind == "question" else TAKEN
            data = about(progress.procedure, found.step, answer, commands)
            await self._record(incident, what, user, note, data, beside)

    async def choose(self, incident_id: str, procedure_id: str, user: str, note: str) -> None:
        """Let another procedure hold. Raises NotFound, Refused without a reason, Conflict, or NotRecorded."""
        chosen = next((each for each in self.list.procedures if each.id == procedure_id), None)
        if chosen is None:
            raise NotFound(f"no procedure {procedure_id}")
        if not note.strip():
            raise Refused("choosing another procedure needs a reason")
        async with self._state.changing:
            incident = self._incident(incident_id)
            now = await self.current(incident)
            if now.progress and now.progress.procedure.id == procedure_id:
                raise Conflict(f"procedure {procedure_id} holds already")
            best = now.applicable[0].procedure.id if now.applicable else ""
            data = {**about(chosen, None), "instead_of": best}
            await self._record(incident, CHOSEN, user, note, data)

    async def looked(
        self, incident: Incident, progress: ProcedureProgress, step: StepProgress, user: str, whose: Any
    ) -> None:
        """Put on record that `user` saw the numbers of a call step. Raises NotRecorded."""
        data = {**about(progress.procedure, step.step), "whose": whose, "incident": incident.id}
        row = Step(incident.id, LOOKED, user, self._now(), data=data)
        await self._store.write(lambda connection: audit.append(connection, row))

    async def check_close(self, incident: Incident, step: Step) -> Step:
        """The step as it is to be recorded when it ends the incident.

        Raises MandatoryStepsOpen, unless a supervisor overrides it (then the row names the steps), or it was planned:
        technicians try hundreds of detectors. A drill that a supervisor injected is for the procedure. Raises
        NotRecorded while the database can't be read.
        """
        if step.data.get("disposition") in PLANNED and not incident.drill:
            return step
        progress = (await self.current(incident)).progress
        if progress is None or not progress.blocking:
            return step
        if not step.data.get("override"):
            raise MandatoryStepsOpen(progress.procedure, progress.blocking)
        skipped = [each.step.id for each in progress.blocking]
        return replace(step, data={**step.data, "procedure": progress.procedure.id, "skipped": skipped})

    def _incident(self, incident_id: str) -> Incident:
        if incident_id not in self._state.incidents:
            raise NotFound(f"no open incident {incident_id}")
        return self._state.incidents[incident_id]

    async def _open(self, incident_id: str) -> tuple[Incident, ProcedureProgress]:
        incident = self._incident(incident_id)
        progress = (await self.current(incident)).progress
        if progress is None:
            raise NotFound(f"no procedure for incident {incident_id}")
        return incident, progress

    async def _record(
        self,
        incident: Incident,
        what: str,
        user: str,
        note: str,
        data: Mapping[str, Any],
        beside: tuple[Sequence[Action], Unit] = ((), nothing),
    ) -> None:
        at = self._now()
        row = Step(incident.id, what, user, at, note, data)
        ids = {key: value for key, value in data.items() if key not in {"name", "text", "said"}}
        mark = {**ids, "incident": incident.id, "decided": self._state.decided}
        action = Action(kind=ACTION_KINDS_OF[what], user=user, time=at, place=incident.place, data=mark)
        actions, also = beside

        def unit(connection: sqlite3.Connection) -> None:
            audit.append(connection, row)
            also(connection)

        await self._act([action, *actions], unit)
        self._state.changed.add_incidents([self._state.incidents.get(incident.id, incident)])


def _check_answer(found: StepProgress, answer: str, *, again: bool) -> None:
    step = found.step
    if step.kind in {"question", "call"}:
        if answer_words(step, answer) is None:
            known = [each.id for each in step.question] or ["reached", "not_reached", "busy"]
            raise Refused(f"step {step.id} needs an answer: {', '.join(known)}")
        if step.kind == "question" and answer == found.answer:
            raise Conflict(f"step {step.id} has this answer already")
    elif answer:
        raise Refused(f"step {step.id} takes no answer")
    if found.entries and (step.kind in {"check", "announce"} or (step.kind == "command" and not again)):
        raise Conflict(f"step {step.id} is done already")


def _facts(
    connection: sqlite3.Connection, incident: Incident, known: Mapping[str, Alert], kinds: frozenset[str]
) -> list[AlertFacts]:
    """The facts of its alerts; those that can't be read any more are left out."""
    found = []
    for member in incident.members:
        alert = known.get(member.alert) or rows.one(connection, member.alert)
        if alert is None:
            continue
        signals = journal.signals_of_alert(connection, member.alert, 1) if member.kind in kinds else []
        data = signals[0].data if signals else {}
        found.append(AlertFacts(member.kind, alert.rule, member.place, member.severity, alert.raised_at, data))
    return found


def _entries(connection: sqlite3.Connection, incident: str) -> list[Entry]:
    """What was done about the incident, and about those that were merged into it, in time order."""
    waiting, seen, found = [incident], {incident}, list[Entry]()
    while waiting:
        steps = audit.steps_of(connection, waiting.pop())
        found += entries_of(steps)
        more = [each for each in merged_into(steps) if each not in seen][: max(0, MAX_MERGES - len(seen))]
        seen.update(more)
        waiting += more
    # A row's place in the chain is its order; only those of several incidents are put in order by time.
    return sorted(found, key=lambda entry: entry.at) if len(seen) > 1 else found
