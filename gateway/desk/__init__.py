"""An alert's life: raised by rules, folded while it repeats, closed by people alone."""

from gateway.desk.desk import Desk
from gateway.desk.lifecycle import DecisionOnEvent

__all__ = ["DecisionOnEvent", "Desk"]
