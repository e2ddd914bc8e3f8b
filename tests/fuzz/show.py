"""The figures as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from tests.fuzz.result import Result


def table(results: Sequence[Result], seed: int) -> Table:
    drawn = Table(
        *("decoder", "bytes", "s", "MB/s", "worst chunk ms", "refused", "held kB", "grown kB", "objects", ""),
        title=f"{len(results)} decoders under fire, seed {seed}",
        caption="held: the most a decoder held; grown, objects: what its process gained after the first third",
    )
    for column in drawn.columns[1:-1]:
        column.justify = "right"
    for each in results:
        drawn.add_row(*_row(each), "[red]failed[/red]" if each.failure else "[green]ok[/green]")
    return drawn


def _row(result: Result) -> Sequence[str]:
    speed = result.bytes / 1e6 / result.seconds if result.seconds else 0.0
    return (
        result.name,
        f"{result.bytes:,}",
        f"{result.seconds:.1f}",
        f"{speed:.2f}",
        f"{result.worst_s * 1000:.1f}",
        f"{result.refused:,}",
        f"{result.held / 1024:.1f}",
        f"{result.grown / 1024:.0f}",
        f"{result.blocks}",
    )
