"""Handing over at the end of a shift (交接班): the report, both signatures, and whether one is missing."""

from gateway.handover.service import Handovers, ShiftPlan, UnsignedShift

__all__ = ["Handovers", "ShiftPlan", "UnsignedShift"]
