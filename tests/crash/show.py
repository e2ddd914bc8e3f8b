"""The counts, as a table a person can judge."""

from __future__ import annotations

from rich.table import Table

from tests.crash.campaign import Report
from tests.crash.disk import DiskReport


def table(report: Report) -> Table:
    """Kills, acknowledged, kept, doubled and redelivered, a row for each door."""
    drawn = Table(
        "door",
        "sent",
        "acknowledged",
        "kept",
        "lost",
        "redelivered",
        min_width=100,
        title=f"kill -9 of the gateway × {report.kills}, in {report.seconds:.0f} s",
        caption=(
            f"kills {report.kills}, signals in flight at them {report.in_flight}; doubled {report.record.doubled}; "
            f"alerts {report.record.alerts}, doubled {report.record.alerts_doubled}, "
            f"closed by the guard {report.closed}, open again {report.reopened}; "
            f"alarms without an alert {report.record.alarms_unheard}; "
            f"incidents {report.record.incidents}, unlike their replay {report.record.incidents_wrong}"
        ),
    )
    for column in drawn.columns[1:]:
        column.justify = "right"
    for door in report.doors:
        counts = (door.sent, door.acknowledged, door.kept, door.lost, door.redelivered)
        drawn.add_row(door.name, *(str(count) for count in counts))
    return drawn


def disk_table(report: DiskReport) -> Table:
    """Rounds by fault, and the one figure that must be 0."""
    drawn = Table(
        "fault",
        "rounds",
        min_width=100,
        title="the disk fails under load",
        caption=(
            f"alarms acknowledged {report.acknowledged}, seen on new screens {report.shown} times, "
            f"acknowledged and hidden {report.hidden}; shown from memory and not acknowledged {report.refused}; "
            f"databases set aside {report.set_aside}"
            + (f"; no read-only disk: {report.left_out}" if report.left_out else "")
        ),
    )
    drawn.columns[1].justify = "right"
    for fault, rounds in report.rounds.items():
        drawn.add_row(fault, str(rounds))
    return drawn
