"""Runs a walk test at the terminal: prompts, waits for signals, shows the results."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import click
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from gateway.cli.walk_test.report import WalkTestInfo, row
from gateway.cli.walk_test.trials import Trial, TrialResult, WalkTest
from gateway.store.journal_tail import JournalTail

POLL_INTERVAL_S = 0.02
"""Seconds between reads of the journal: the resolution of the times."""
MAX_EARLY_S = 2.0
"""A signal this many seconds before the key was pressed counts for the trial: testers press late."""
_COLOURS = {TrialResult.OK: "green", TrialResult.SKIPPED: "dim"}


class WalkTestTerminal:
    """Runs the test. Writes the report after each zone, so that a lost connection to the shell loses nothing."""

    def __init__(
        self,
        console: Console,
        tail: JournalTail,
        test: WalkTest,
        info: WalkTestInfo,
        patience: float,
        is_running: Callable[[], bool],
        report: Callable[[], None],
    ) -> None:
        self._console = console
        self._tail = tail
        self._test = test
        self._info = info
        self._patience = patience
        self._is_running = is_running
        self._report = report
        self._last_check = time.monotonic()
        self._pause = threading.Event()

    def run(self, *, free: bool) -> None:
        """Test zone by zone with prompts, or with `free` in any order. Raises Abort when the gateway has stopped."""
        self._console.print(f"[bold]{self._info.text('warning')}[/]")
        if free:
            self._run_free()
            return
        for number, trial in enumerate(self._test.trials, 1):
            while (answer := self._prompt_for(number, trial)) == "":
                self._try(trial)
                self._report()
                if trial.result is TrialResult.OK or self._prompt(self._info.text("again")) != "":
                    break
            if answer == "q":
                return

    def _prompt_for(self, number: int, trial: Trial) -> str:
        values = {"name": trial.device.name, "place": self._info.place_of(trial.device)}
        return self._prompt(self._info.text("go", number=number, all=len(self._test.trials), **values))

    def _prompt(self, text: str) -> str:
        answer: str = click.prompt(text, default="", show_default=False, prompt_suffix=" ")
        return answer.strip().lower()

    def _try(self, trial: Trial) -> None:
        since = datetime.now(UTC) - timedelta(seconds=MAX_EARLY_S)
        early = [signal for signal in self._tail.all_signals() if signal.time >= since]
        self._test.trip(trial, time.monotonic())
        self._test.add_signals(early, time.monotonic(), trial)
        with self._console.status(self._info.text("waiting")):
            end = time.monotonic() + self._patience
            while not trial.is_over and time.monotonic() < end:
                self._test.add_signals(self._tail.all_signals(), time.monotonic(), trial)
                self._wait(trial)
        cells = row(self._info, trial)
        colour = _COLOURS.get(trial.result, "red")
        self._console.print(
            f"  [{colour}]{cells['result']}[/]  {cells['alert_after']} s  {escape(str(cells['others']))}",
            highlight=False,
        )

    def _wait(self, trial: Trial | None = None) -> None:
        """Wait for the next poll. Raises Abort when the gateway has stopped: then no zone is at fault."""
        self._pause.wait(POLL_INTERVAL_S)
        if time.monotonic() - self._last_check > 1:
            self._last_check = time.monotonic()
            if not self._is_running():
                if trial is not None and trial.signal_after is None:
                    trial.tripped_at = None
                self._console.print(f"[red]{self._info.text('stopped')}[/]")
                raise click.Abort

    def _run_free(self) -> None:
        self._console.print(self._info.text("free"))
        with Live(results_table(self._test, self._info), console=self._console, refresh_per_second=4) as live:
            while not self._test.is_over:
                signals = self._tail.all_signals()
                self._test.add_signals(signals, time.monotonic())
                if signals:
                    live.update(results_table(self._test, self._info))
                    self._report()
                self._wait()
            live.update(results_table(self._test, self._info))


def results_table(test: WalkTest, info: WalkTestInfo) -> Table:
    """One row for each zone."""
    columns = ("zone", "place", "signal", "signal_after", "alert_after", "result", "others")
    table = Table(*(info.text(column) for column in columns))
    for trial in test.trials:
        cells = row(info, trial)
        colour = _COLOURS.get(trial.result, "red")
        first = (escape(str(cells[key])) for key in ("name", "place", "kind", "signal_after", "alert_after"))
        table.add_row(*first, f"[{colour}]{cells['result']}[/]", escape(str(cells["others"])))
    return table
