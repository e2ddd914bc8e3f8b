"""Which waiting messages may be told now, which wait for the end of quiet hours, which are of no use any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from gateway.config.configuration import NotifierEntry
from gateway.model import Severity
from gateway.notify.rows import Waiting
from gateway.settings.daily_hours import DailyHours


@dataclass(frozen=True, slots=True)
class SortedOut:
    """`late` could not be sent in time. `untold` came in quiet hours and is of no use after them."""

    told: list[Waiting] = field(default_factory=list)
    quiet: list[Waiting] = field(default_factory=list)
    late: list[Waiting] = field(default_factory=list)
    untold: list[Waiting] = field(default_factory=list)


def sort_out(found: Sequence[Waiting], entry: NotifierEntry, zone: tzinfo, now: datetime) -> SortedOut:
    """Sort the rows; their order stays. What is critical knows no quiet hours."""
    result, useful_for = SortedOut(), entry.give_up_after
    for row in found:
        quiet = entry.common.quiet if row.severity < Severity.CRITICAL else None
        if quiet is not None and quiet.holds(now, zone):
            is_of_use = quiet.next_end(now, zone) - row.at < useful_for
            (result.quiet if is_of_use else result.untold).append(row)
        else:
            is_late = now - _began(row, quiet, zone, now) >= useful_for
            (result.late if is_late else result.told).append(row)
    return result


def alike(ordered: Sequence[Waiting]) -> list[Waiting]:
    """The rows that have the same recipients as the first."""
    return [row for row in ordered if row.body.recipients == ordered[0].body.recipients]


def _began(row: Waiting, quiet: DailyHours | None, zone: tzinfo, now: datetime) -> datetime:
    """From when on it could be sent: the end of the quiet hours that it waited for."""
    if quiet is None or not quiet.holds(row.at, zone):
        return row.at
    return min(quiet.next_end(row.at, zone), now)
