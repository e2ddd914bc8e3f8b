"""`anju comply`: what a standard's level wants and what is missing; the impact assessment, filled in."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.common import check_new_file
from gateway.config import Configuration, load
from gateway.privacy import sheets
from gateway.privacy.assessment import Counts, assessment, counts_of
from gateway.privacy.comply import Answer, WalkTests, check, read_standard
from gateway.privacy.comply.walk_tests import last_results
from gateway.store import Store


@click.command("comply")
@click.argument("config_dir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--level", type=click.IntRange(1, 3), help="The level of GB/T 21741: 3 is the lowest, 1 the highest.")
@click.option(
    "--data",
    "standard_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Your own reading of the standard, in the form of the shipped gbt21741.yaml.",
)
@click.option("--show-data", is_flag=True, help="Print the shipped reading, to be corrected and given with --data.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--assessment",
    "sheet",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the impact assessment (PIPL art. 55, 56) into this new file, .html or .md.",
)
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="ANJU_DATA",
    help="The gateway's data folder: walk tests, counts of consents and faces. Default: ANJU_DATA.",
)
@click.option("--lang", type=click.Choice(["zh", "en"]), help="Default: the compound's language.")
def command(  # one argument for each option
    config_dir: Path,
    level: int | None,
    standard_file: Path | None,
    show_data: bool,
    as_json: bool,
    sheet: Path | None,
    folder: Path | None,
    lang: str | None,
) -> None:
    """Compare CONFIG_DIR with a level of GB/T 21741, as we read it, or fill in the impact assessment.

    Exit status 1 if something of the level is missing. It is our reading, no certificate and no legal advice.
    """
    if show_data:
        click.echo(json.dumps(read_standard(standard_file).model_dump(mode="json"), ensure_ascii=False, indent=1))
        return
    if level is None and sheet is None:
        raise click.UsageError("Give --level 1, 2 or 3, or --assessment FILE.")
    configuration = load(config_dir)
    if sheet is not None:
        _write_assessment(configuration, sheet, folder)
    if level is None:
        return
    standard = read_standard(standard_file)
    results = check(standard, level, configuration, last_results(folder) if folder else WalkTests())
    if as_json:
        click.echo(json.dumps(sheets.comply_json(standard, level, results), ensure_ascii=False, indent=1))
    else:
        click.echo(sheets.comply_table(standard, level, results, lang or configuration.compound.language))
    if any(result.answer is Answer.MISSING for result in results):
        raise SystemExit(1)


def _write_assessment(configuration: Configuration, sheet: Path, folder: Path | None) -> None:
    file = check_new_file(sheet)
    sections = assessment(configuration, asyncio.run(_counts(folder)) if folder else None, datetime.now(UTC))
    make = sheets.assessment_markdown if file.suffix == ".md" else sheets.assessment_page
    file.write_text(make(configuration.compound.name, sections), encoding="utf-8")
    click.echo(f"{file} written: fill in what is left open, sign it and keep it for three years", err=True)


async def _counts(folder: Path) -> Counts:
    async with Store.open(folder) as store:
        return await store.read(counts_of)
