"""`anju access test FILE`: runs a table of cases that an installer keeps beside access.yaml."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table

from gateway.access.decision import AccessDecision
from gateway.access.trial import CODES, fits
from gateway.app.access_trial import open_trial
from gateway.cli.common import data_option
from gateway.cli.try_access import config_option, existing
from gateway.config import load
from gateway.config.access.cases import CaseSection, parse_moment
from gateway.config.case_files import LoadedCases, read_cases
from gateway.config.configuration import Configuration
from gateway.errors import ConfigError
from gateway.settings.mend import Wrong, did_you_mean
from gateway.store import Store


@dataclass(frozen=True, slots=True)
class _Result:
    line: int
    case: CaseSection
    decision: AccessDecision

    @property
    def right(self) -> bool:
        return fits(self.decision, self.case.expect)


@click.group()
def command() -> None:
    """Doors: test the rules of access.yaml."""


@command.command("test")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@config_option
@data_option
def test(file: Path, config: Path | None, data: Path) -> None:
    """Run the cases of FILE against the YAML files beside it and the register of the data folder.

    FILE is YAML: cases: [{credential: card:12345678, door: door-1, at: '2026-11-25 10:00', expect: granted}, …].
    `expect` is granted, denied, or the code of a reason, such as not_now. Prints a table; the exit status is 1 when an
    answer differs, each told as FILE:LINE.
    """
    try:
        cases, configuration = read_cases(file), load(config or file.parent)
        results = asyncio.run(_run(cases, configuration, data))
    except ConfigError as error:
        for mistake in error.mistakes:
            click.echo(str(mistake))
        raise click.exceptions.Exit(1) from None
    _print(results)
    wrong = [result for result in results if not result.right]
    for result in wrong:
        got, expected = result.decision, result.case.expect
        click.echo(f"{file}:{result.line}: expected {expected}, got {got.code}: {got.reason.en}")
    if wrong:
        raise click.exceptions.Exit(1)


async def _run(cases: LoadedCases, configuration: Configuration, data: Path) -> list[_Result]:
    zone, now = ZoneInfo(configuration.compound.timezone), datetime.now(UTC)
    async with Store.open(existing(data)) as store:
        trial, results = await open_trial(store, configuration), list[_Result]()
        for line, case in cases.entries:
            try:
                _check_answer(case.expect)
                at = now if case.at is None else parse_moment(case.at, zone)
                results.append(_Result(line, case, trial.decide(case.credential, case.door, at, case.reader)))
            except Wrong as wrong:
                cases.reject(line, wrong)
    cases.raise_mistakes()
    return results


def _check_answer(expected: str) -> None:
    if expected not in CODES:
        raise Wrong(f"{expected!r} is no answer", did_you_mean(expected, CODES))


def _print(results: list[_Result]) -> None:
    table = Table("line", "credential", "door", "at", "expected", "got", "reason", box=None, pad_edge=False)
    for result in results:
        kind = result.case.credential.partition(":")[0]
        got = str(result.decision.code) if result.right else f"[bold red]{result.decision.code} ✗[/]"
        table.add_row(
            str(result.line),
            result.case.why or kind,
            result.case.door,
            result.case.at or "now",
            result.case.expect,
            got,
            result.decision.reason.zh,
        )
    wrong = sum(not result.right for result in results)
    console = Console(width=None if Console().is_terminal else 160)
    console.print(table)
    console.print(f"{len(results)} cases, {wrong} wrong" if wrong else f"{len(results)} cases, all right")
