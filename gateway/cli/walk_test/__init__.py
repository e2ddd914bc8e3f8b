"""`anju walk-test`: trips every zone once, times its alert, and writes a report to sign."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from gateway.cli.common import check_new_file, data_option
from gateway.cli.control_client import is_running
from gateway.cli.walk_test.report import WalkTestInfo, passed_text, render
from gateway.cli.walk_test.terminal import WalkTestTerminal, results_table
from gateway.cli.walk_test.trials import TESTED_TYPES, TrialResult, WalkTest
from gateway.config import load
from gateway.config.configuration import Configuration
from gateway.model import Device
from gateway.privacy.comply.walk_tests import save
from gateway.settings.selection import hosts
from gateway.store.journal_tail import JournalTail


@click.command()
@click.argument("config_dir", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--device", "only", multiple=True, metavar="ID", help="Only this zone, or all zones of this panel; repeatable."
)
@click.option("--place", metavar="PATH", help="Only devices at or below this place, such as wall.")
@click.option(
    "--within",
    type=click.FloatRange(min=0.1),
    default=2.0,
    show_default=True,
    help="Maximum seconds from trip to alert.",
)
@click.option(
    "--patience", type=click.FloatRange(min=1), default=30.0, show_default=True, help="Seconds to wait for an alert."
)
@click.option("--free", is_flag=True, help="No prompts: trip zones in any order; times count from their signals.")
@click.option(
    "--by", default=getpass.getuser, show_default="the system's user", help="The tester's name, for the report."
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The report; default: walk-test-DATE.html in this folder.",
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
    """Test every zone of CONFIG_DIR: trip it, wait for its alert, and write the acceptance report.

    The gateway must be running on this data. The exit status is 1 unless every zone passed.
    """
    configuration = load(config_dir)
    devices = _chosen(configuration, only, place)
    began = datetime.now(UTC)
    file = check_new_file(out or Path(f"walk-test-{began:%Y%m%d-%H%M%S}.html"))
    tail = JournalTail(data)
    if not is_running(data):
        raise click.ClickException(f"no gateway that you may access runs on {data}: no signal would arrive")
    test = WalkTest(devices, within, tail.has_alert)
    info = WalkTestInfo(
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

    def report() -> None:
        file.write_text(render(info, test, datetime.now(UTC)), encoding="utf-8")

    try:
        WalkTestTerminal(console, tail, test, info, patience, lambda: is_running(data), report).run(free=free)
    except (KeyboardInterrupt, click.Abort):
        console.print()
    finally:
        tail.close()
        report()
        _keep(data, began, test)
    console.print(results_table(test, info))
    console.print(f"{passed_text(info, test)} → {file}", markup=False)
    if test.count(TrialResult.OK) < len(test.trials):
        raise SystemExit(1)


def _keep(data: Path, began: datetime, test: WalkTest) -> None:
    """Keep the results beside the gateway's data, for `anju comply`; skipped zones keep their earlier result."""
    results = {trial.device.id: trial.result.value for trial in test.trials if trial.result is not TrialResult.SKIPPED}
    try:
        save(data, began, results)
    except OSError as error:
        click.echo(f"the results are not kept for `anju comply`: {error}", err=True)


def _chosen(configuration: Configuration, only: Sequence[str], place: str | None) -> list[Device]:
    """The devices to trip, in the order of devices.yaml. Raises ClickException for none."""
    known = configuration.all_devices()
    for device_id in only:
        if device_id not in known:
            raise click.ClickException(f"no device {device_id} in {configuration.directory}")
    chosen = [
        device
        for device in known.values()
        if (any(host.id in only for host in hosts(device, known)) if only else device.type in TESTED_TYPES)
        and (place is None or device.place == place or device.place.startswith(f"{place}/"))
    ]
    # A panel whose zones are chosen is not tripped itself.
    panels = {device.part_of for device in chosen}
    chosen = [device for device in chosen if device.id not in panels]
    if not chosen:
        raise click.ClickException("nothing to test: no zone, sensor or home alarm there; give one with --device")
    return chosen
