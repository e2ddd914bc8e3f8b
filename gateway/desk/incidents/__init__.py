"""Which alerts belong together, as one incident (案情): a pure function of decisions and people's actions, in order."""

from gateway.desk.incidents.derive import alone
from gateway.desk.incidents.fold import IncidentFold
from gateway.desk.incidents.grouping import Grouping, kind_of, subjects_of

__all__ = ["Grouping", "IncidentFold", "alone", "kind_of", "subjects_of"]
