"""The settings of desk.yaml: everything that a supervisor decides about the guard room's desk.

The file is optional, and so is every key: the defaults suit a compound with one guard room. Each section is a file of
this folder.
"""

from __future__ import annotations

from pydantic import Field

from gateway.config.desk.contacts import Contacts, ContactSection
from gateway.config.desk.duty import DutySection
from gateway.config.desk.incidents import IncidentSection
from gateway.config.desk.noise import NoiseSection
from gateway.config.desk.patrols import PatrolSection
from gateway.config.desk.procedures import Procedure, ProcedureSection, ProcedureStep
from gateway.settings.section import Section

__all__ = [
    "ContactSection",
    "DeskSettings",
    "DutySection",
    "IncidentSection",
    "NoiseSection",
    "PatrolSection",
    "Procedure",
    "ProcedureSection",
    "ProcedureStep",
]


class DeskSettings(Section):
    """desk.yaml"""

    incidents: IncidentSection = IncidentSection()
    noise: NoiseSection = NoiseSection()
    patrols: PatrolSection = PatrolSection()
    duty: DutySection = DutySection()
    contacts: Contacts = Field(default_factory=dict)
    procedures: ProcedureSection = ProcedureSection()
