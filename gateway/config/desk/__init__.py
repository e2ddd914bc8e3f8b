"""The settings of desk.yaml: everything that a supervisor decides about the guard room's desk.

The file is optional, and so is every key: the defaults suit a compound with one guard room. Each section is a file of
this folder.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.config.desk.announcements import AnnouncementSection
from gateway.config.desk.attention import AttentionSection
from gateway.config.desk.commands import CommandSection
from gateway.config.desk.contacts import Contacts, ContactSection
from gateway.config.desk.duty import DutySection
from gateway.config.desk.escalation import DEFAULT_ESCALATION, Escalation, EscalationStep, Target
from gateway.config.desk.evidence import EvidenceSection
from gateway.config.desk.incidents import IncidentSection
from gateway.config.desk.limits import HoldSection, Limit, LimitSection, ReminderSection
from gateway.config.desk.noise import NoiseSection
from gateway.config.desk.patrols import PatrolSection
from gateway.config.desk.procedures import Procedure, ProcedureSection, ProcedureStep
from gateway.config.desk.report import ReportSection
from gateway.config.desk.shifts import DEFAULT_SHIFTS, HandoverSection, Shift, Shifts
from gateway.config.desk.tours import TourSection
from gateway.settings.section import Section

__all__ = [
    "AnnouncementSection",
    "AttentionSection",
    "CommandSection",
    "ContactSection",
    "DeskSettings",
    "DutySection",
    "EscalationStep",
    "EvidenceSection",
    "HandoverSection",
    "HoldSection",
    "IncidentSection",
    "Limit",
    "LimitSection",
    "NoiseSection",
    "PatrolSection",
    "Procedure",
    "ProcedureSection",
    "ProcedureStep",
    "ReminderSection",
    "ReportSection",
    "Shift",
    "Target",
    "TourSection",
]


class DeskSettings(Section):
    """desk.yaml"""

    incidents: IncidentSection = IncidentSection()
    report: ReportSection = ReportSection()
    noise: NoiseSection = NoiseSection()
    limits: LimitSection = LimitSection()
    hold: HoldSection = HoldSection()
    reminders: ReminderSection = ReminderSection()
    escalation: Escalation = DEFAULT_ESCALATION
    shifts: Shifts = DEFAULT_SHIFTS
    handover: HandoverSection = HandoverSection()
    attention: AttentionSection = AttentionSection()
    patrols: PatrolSection = PatrolSection()
    duty: DutySection = DutySection()
    tours: Annotated[tuple[TourSection, ...], Field(max_length=50, description="camera tours (轮巡)")] = ()
    commands: CommandSection = CommandSection()
    announcements: Annotated[
        tuple[AnnouncementSection, ...], Field(max_length=100, description="fixed texts that devices speak")
    ] = ()
    evidence: EvidenceSection = EvidenceSection()
    contacts: Contacts = Field(default_factory=dict)
    procedures: ProcedureSection = ProcedureSection()
