"""Care for people who live alone and agreed (独居关怀): no sign of life becomes a matter for the property."""

from gateway.care.rule import NAME, CareRule
from gateway.care.state import CareState, Watched

__all__ = ["NAME", "CareRule", "CareState", "Watched"]
