"""The tour on a screen: what is asked, what is seen, how it went."""

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

from gateway.cli.walk_test.report import Occasion, row
from gateway.cli.walk_test.tour import Tour, Trial, Verdict
from gateway.store.journal_tail import JournalTail

LOOK_S = 0.02
"""How finely it is timed."""
EARLY_S = 2.0
"""A zone that was tripped so many seconds before its key was pressed was tripped for this trial all the same."""
_COLOURS = {Verdict.OK: "green", Verdict.SKIPPED: "dim"}


class Walk:
    """The tour on a screen. The report is written after each zone: a lost connection to this shell costs nothing."""

    def __init__(
        self,
        console: Console,
        tail: JournalTail,
        tour: Tour,
        occasion: Occasion,
        patience: float,
        is_running: Callable[[], bool],
        report: Callable[[], None],
    ) -> None:
        self._console = console
        self._tail = tail
        self._tour = tour
        self._occasion = occasion
        self._patience = patience
        self._is_running = is_running
        self._report = report
        self._looked = time.monotonic()
        self._pause = threading.Event()

    def run(self, *, free: bool) -> None:
        self._console.print(f"[bold]{self._occasion.say('tell')}[/]")
        if free:
            self._freely()
            return
        for number, trial in enumerate(self._tour.trials, 1):
            while (answer := self._ask(number, trial)) == "":
                self._try(trial)
                self._report()
                if trial.verdict is Verdict.OK or self._prompt(self._occasion.say("again")) != "":
                    break
            if answer == "q":
                return

    def _ask(self, number: int, trial: Trial) -> str:
        values = {"name": trial.device.name, "place": self._occasion.place_of(trial.device)}
        return self._prompt(self._occasion.say("go", number=number, all=len(self._tour.trials), **values))

    def _prompt(self, text: str) -> str:
        answer: str = click.prompt(text, default="", show_default=False, prompt_suffix=" ")
        return answer.strip().lower()

    def _try(self, trial: Trial) -> None:
        since = datetime.now(UTC) - timedelta(seconds=EARLY_S)
        early = [signal for signal in self._tail.all_signals() if signal.time >= since]
        self._tour.trip(trial, time.monotonic())
        self._tour.see(early, time.monotonic(), trial)
        with self._console.status(self._occasion.say("waiting")):
            end = time.monotonic() + self._patience
            while not trial.is_over and time.monotonic() < end:
                self._tour.see(self._tail.all_signals(), time.monotonic(), trial)
                self._wait(trial)
        told = row(self._occasion, trial)
        colour = _COLOURS.get(trial.verdict, "red")
        self._console.print(
            f"  [{colour}]{told['verdict']}[/]  {told['rang']} s  {escape(str(told['others']))}", highlight=False
        )

    def _wait(self, trial: Trial | None = None) -> None:
        """Raises Abort when the gateway is seen to have stopped: what is not heard then is no zone's fault."""
        self._pause.wait(LOOK_S)
        if time.monotonic() - self._looked > 1:
            self._looked = time.monotonic()
            if not self._is_running():
                if trial is not None and trial.heard_after is None:
                    trial.tripped_at = None
                self._console.print(f"[red]{self._occasion.say('stopped')}[/]")
                raise click.Abort

    def _freely(self) -> None:
        self._console.print(self._occasion.say("free"))
        with Live(table(self._tour, self._occasion), console=self._console, refresh_per_second=4) as live:
            while not self._tour.is_over:
                signals = self._tail.all_signals()
                self._tour.see(signals, time.monotonic())
                if signals:
                    live.update(table(self._tour, self._occasion))
                    self._report()
                self._wait()
            live.update(table(self._tour, self._occasion))


def table(tour: Tour, occasion: Occasion) -> Table:
    table = Table(*(occasion.say(word) for word in ("zone", "place", "signal", "heard", "rang", "verdict", "others")))
    for trial in tour.trials:
        told = row(occasion, trial)
        colour = _COLOURS.get(trial.verdict, "red")
        cells = (escape(str(told[key])) for key in ("name", "place", "kind", "heard", "rang"))
        table.add_row(*cells, f"[{colour}]{told['verdict']}[/]", escape(str(told["others"])))
    return table
