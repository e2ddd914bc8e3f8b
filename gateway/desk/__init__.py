"""An alert's life: raised by rules, folded while it repeats, closed by people alone."""

from gateway.desk.desk import Desk
from gateway.desk.fold import Decided

__all__ = ["Decided", "Desk"]
