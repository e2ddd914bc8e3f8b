"""Converts the procedure of an incident to its response model."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from gateway.auth.audience import Audience
from gateway.desk.procedures import RESIDENTS, ProcedureProgress, StepProgress, targets
from gateway.desk.procedures.entries import Entry, answer_words
from gateway.flow import rows
from gateway.model import Device, Incident, Words, from_data
from gateway.store.columns import from_json
from gateway.web.procedure_responses import (
    AnswerView,
    CommandStepView,
    CommandTargetView,
    IncidentProcedure,
    NumberedCallView,
    ProcedureChoice,
    ProcedureStepView,
    ProcedureView,
    StepEntryView,
)
from gateway.web.serializers import words_view
from gateway.web.services import Services

_RESIDENTS = Words("住户", "Residents")
CommandRows = Mapping[str, sqlite3.Row]


class ProcedureSerializer:
    """Made for one response."""

    def __init__(self, services: Services, audience: Audience) -> None:
        self._services = services
        self._audience = audience
        self._now = services.now()

    async def procedure(self, incident: Incident) -> IncidentProcedure:
        """The incident's procedure as it is now. Raises NotRecorded while the database can't be read."""
        desk = self._services.desk.procedures
        now = await desk.current(incident)
        applying = {each.procedure.id for each in now.applicable}
        sent = [each for entry in now.entries for each in entry.commands]
        commands = await self._services.store.read(lambda connection: rows.commands_of(connection, sent))
        return IncidentProcedure(
            incident=incident.id,
            at=self._now,
            procedure=self._view(incident, now.progress, commands) if now.progress else None,
            choices=[
                ProcedureChoice(id=each.id, names=words_view(each.name.words), applies=each.id in applying)
                for each in desk.list.procedures
            ],
        )

    def _view(self, incident: Incident, progress: ProcedureProgress, commands: CommandRows) -> ProcedureView:
        chosen, following = progress.chosen, progress.next
        return ProcedureView(
            id=progress.procedure.id,
            names=words_view(progress.procedure.name.words),
            started_at=progress.started_at,
            chosen_by=chosen and chosen.user,
            chosen_at=chosen and chosen.at,
            reason=self._note(chosen) if chosen else "",
            next=following and following.step.id,
            blocking=[each.step.id for each in progress.blocking],
            steps=[self._step(incident, each, commands) for each in progress.steps],
        )

    def _step(self, incident: Incident, found: StepProgress, commands: CommandRows) -> ProcedureStepView:
        step = found.step
        return ProcedureStepView(
            id=step.id,
            kind=step.kind,
            role=step.role,
            texts=words_view(step.text.words),
            mandatory=step.mandatory,
            blocking=step.mandatory and found.done_at is None,
            opened_at=found.opened_at,
            due_at=found.due_at,
            done_at=found.done_at,
            overdue=found.overdue(self._now),
            answer=found.answer,
            answers=[AnswerView(id=each.id, texts=words_view(each.text.words)) for each in step.question],
            call=self._call(incident, step.call) if step.call is not None else None,
            command=self._command(incident, found, commands),
            announce=words_view(step.announce.words) if step.announce else None,
            entries=[self._entry(found, each) for each in found.entries],
        )

    def _entry(self, found: StepProgress, entry: Entry) -> StepEntryView:
        said = answer_words(found.step, entry.answer)
        return StepEntryView(
            at=entry.at,
            user=entry.user,
            answer=entry.answer,
            answer_texts=words_view(said) if said else None,
            note=self._note(entry),
        )

    def _note(self, entry: Entry) -> str:
        """A note may be about a person."""
        return entry.note if self._audience.sees_people else ""

    def _call(self, incident: Incident, contact: str) -> NumberedCallView:
        if contact == RESIDENTS:
            household = self._services.register.snapshot.household(incident.place)
            known = self._audience.sees_people and bool(household and any(each.phone for each in household.persons))
            return NumberedCallView(contact=contact, names=words_view(_RESIDENTS), known=known)
        found = self._services.desk.procedures.list.contact(contact)
        names = found.name.words if found else Words(contact, contact)
        return NumberedCallView(contact=contact, names=words_view(names), known=found is not None)

    def _command(self, incident: Incident, found: StepProgress, commands: CommandRows) -> CommandStepView | None:
        command = found.step.command
        if command is None:
            return None
        last = [commands[each] for each in (found.entries[-1].commands if found.entries else ()) if each in commands]
        return CommandStepView(
            action=command.action,
            arguments=command.arguments,
            confirm=command.confirm,
            type=command.devices,
            devices=[
                self._target(device, command.action, last, drill=incident.drill)
                for device in targets(command, incident.place, self._services.compound.devices)
            ],
        )

    def _target(self, device: Device, action: str, sent: Sequence[sqlite3.Row], *, drill: bool) -> CommandTargetView:
        row = next((each for each in sent if each["device"] == device.id), None)
        why = from_json(row["answer"]).get("why") if row and row["state"] == "failed" and row["answer"] else None
        return CommandTargetView(
            device=device.id,
            name=device.name,
            possible=not drill and action in self._services.actions(device.id),
            state=row["state"] if row else None,
            why=words_view(Words.of(from_data(why))) if why else None,
        )
