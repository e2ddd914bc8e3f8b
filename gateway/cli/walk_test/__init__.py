"""`anju walk-test`: every zone tripped once, timed to its alert, and a report to sign."""

from __future__ import annotations

import getpass
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.live import Live
from rich.table import Table

from gateway.cli.common import data_option
from gateway.cli.walk_test.report import Occasion, page, passed, row
from gateway.cli.walk_test.tour import TESTED, Tour, Trial, Verdict
from gateway.model import Device
from gateway.settings import load
from gateway.settings.configuration import Configuration
from gateway.store.tail import Tail

LOOK_S = 0.02
"""How finely it is timed."""
_COLOURS = {Verdict.OK: "green", Verdict.SKIPPED: "dim"}


@click.command()
@click.argument("config_dir", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--device", "only", multiple=True, metavar="ID", help="This zone alone, or all of this panel; repeatable."
)
@click.option("--place", metavar="PATH", help="Only what is at this place or below it, such as wall.")
@click.option("--within", type=click.FloatRange(min=0.1), default=2.0, show_default=True, help="Seconds it may take.")
@click.option("--patience", type=click.FloatRange(min=1), default=30.0, show_default=True, help="Seconds to wait.")
@click.option("--free", is_flag=True, help="No prompts: trip zones in any order, timed from their own signals.")
@click.option("--by", default=getpass.getuser, show_default="the system's user", help="Who tests, for the report.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="The report; else walk-test-DATE.html here."
)
@data_option
def command(
    config_dir: Path,
    only: Sequence[str],
    place: str | None,
    within: float,
    patience: float,
    free: bool,
    by: str,
    out: Path | None,
    data: Path,
) -> None:
    """Go through every zone of CONFIG_DIR: trip it, see it ring, and write the acceptance report.

    The gateway must be running on this data. The exit status is 1 unless every zone passed.
    """
    configuration = load(config_dir)
    devices = _chosen(configuration, only, place)
    tail = Tail(data)
    began = datetime.now(UTC)
    tour = Tour(devices, within, tail.has_rung)
    occasion = Occasion(
        configuration.compound.name,
        configuration.compound.language,
        by,
        began,
        ZoneInfo(configuration.compound.timezone),
        within,
        not free,
        configuration.all_devices(),
        configuration.places,
    )
    console = Console(width=None if sys.stdout.isatty() else 120)
    try:
        _Walk(console, tail, tour, occasion, patience).run(free=free)
    except (KeyboardInterrupt, click.Abort):
        console.print()
    finally:
        tail.close()
    console.print(_table(tour, occasion))
    file = out or Path(f"walk-test-{began:%Y%m%d-%H%M%S}.html")
    file.write_text(page(occasion, tour, datetime.now(UTC)), encoding="utf-8")
    console.print(f"{passed(occasion, tour)} → {file}")
    if tour.count(Verdict.OK) < len(tour.trials):
        raise SystemExit(1)


def _chosen(configuration: Configuration, only: Sequence[str], place: str | None) -> list[Device]:
    """What is to be tripped, in the order of devices.yaml."""
    known = configuration.all_devices()
    for device_id in only:
        if device_id not in known:
            raise click.ClickException(f"no device {device_id} in {configuration.directory}")
    chosen = [
        device
        for device in known.values()
        if (device.id in only or device.part_of in only if only else device.type in TESTED)
        and (place is None or device.place == place or device.place.startswith(f"{place}/"))
    ]
    panels = {device.part_of for device in chosen}
    chosen = [device for device in chosen if device.id not in panels]
    if not chosen:
        raise click.ClickException("nothing to test: no zone, sensor or home alarm there; name one by --device")
    return chosen


class _Walk:
    """The tour on a screen."""

    def __init__(self, console: Console, tail: Tail, tour: Tour, occasion: Occasion, patience: float) -> None:
        self._console = console
        self._tail = tail
        self._tour = tour
        self._occasion = occasion
        self._patience = patience
        self._pause = threading.Event()

    def run(self, *, free: bool) -> None:
        self._console.print(f"[bold]{self._occasion.say('tell')}[/]")
        if free:
            self._freely()
            return
        for number, trial in enumerate(self._tour.trials, 1):
            while (answer := self._ask(number, trial)) == "":
                self._try(trial)
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
        self._tail.signals()  # what came before is not of this trip
        self._tour.trip(trial, time.monotonic())
        with self._console.status(self._occasion.say("waiting")):
            end = time.monotonic() + self._patience
            while not trial.is_over and time.monotonic() < end:
                self._tour.see(self._tail.signals(), time.monotonic(), trial)
                self._pause.wait(LOOK_S)
        told = row(self._occasion, trial)
        colour = _COLOURS.get(trial.verdict, "red")
        self._console.print(f"  [{colour}]{told['verdict']}[/]  {told['rang']} s  {told['others']}", highlight=False)

    def _freely(self) -> None:
        self._console.print(self._occasion.say("free"))
        with Live(_table(self._tour, self._occasion), console=self._console, refresh_per_second=4) as live:
            while not self._tour.is_over:
                signals = self._tail.signals()
                self._tour.see(signals, time.monotonic())
                if signals:
                    live.update(_table(self._tour, self._occasion))
                self._pause.wait(LOOK_S)
            live.update(_table(self._tour, self._occasion))


def _table(tour: Tour, occasion: Occasion) -> Table:
    table = Table(*(occasion.say(word) for word in ("zone", "place", "signal", "heard", "rang", "verdict", "others")))
    for trial in tour.trials:
        told = row(occasion, trial)
        colour = _COLOURS.get(trial.verdict, "red")
        cells = (str(told[key]) for key in ("name", "place", "kind", "heard", "rang"))
        table.add_row(*cells, f"[{colour}]{told['verdict']}[/]", str(told["others"]))
    return table
