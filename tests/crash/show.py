"""The counts, as a table a person can judge."""

from __future__ import annotations

from rich.table import Table

from tests.crash.campaign import Report


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
            f"alarms without an alert {report.record.alarms_unheard}"
        ),
    )
    for column in drawn.columns[1:]:
        column.justify = "right"
    for door in report.doors:
        counts = (door.sent, door.acknowledged, door.kept, door.lost, door.redelivered)
        drawn.add_row(door.name, *(str(count) for count in counts))
    return drawn
