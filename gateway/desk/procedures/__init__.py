"""Procedures (预案): which applies to an incident, how far people are with it, and what blocks closing."""

from gateway.config.desk.contacts import RESIDENTS
from gateway.desk.procedures.procedure_desk import CurrentProcedure, MandatoryStepsOpen, ProcedureDesk, ProcedureList
from gateway.desk.procedures.progress import ProcedureProgress, StepProgress
from gateway.desk.procedures.targets import targets

__all__ = [
    "RESIDENTS",
    "CurrentProcedure",
    "MandatoryStepsOpen",
    "ProcedureDesk",
    "ProcedureList",
    "ProcedureProgress",
    "StepProgress",
    "targets",
]
