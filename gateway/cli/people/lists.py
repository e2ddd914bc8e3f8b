"""`anju people import|export|list`: the register as lists."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.common import check_new_file, data_option
from gateway.cli.control_client import refresh_register
from gateway.cli.people.common import by_command_line, config_option, is_below, run, why_option, zone_of
from gateway.config import load
from gateway.model import Step
from gateway.people import People
from gateway.people.import_plan import ImportPlan, Subject
from gateway.people.roster import CHINA, read_roster
from gateway.people.roster_export import BOM, Layout, csv_lines, export_rows, heading
from gateway.people.roster_import import import_roster, plan_roster
from gateway.people.stored_register import read_register
from gateway.people.workbook import write_workbook
from gateway.store import Store, audit

_PLURALS = {
    Subject.PERSON: "persons",
    Subject.MEMBERSHIP: "memberships",
    Subject.VEHICLE: "vehicles",
    Subject.CARD: "cards",
    Subject.PIN: "PINs",
}


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@config_option
@click.option(
    "--replace", is_flag=True, help="End what is not in FILE in the rooms that FILE names: these people moved out."
)
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--why", default="anju people import", show_default=True, help="Stands in the history of each room.")
@data_option
def import_(file: Path, config: Path | None, replace: bool, dry_run: bool, why: str, data: Path) -> None:
    """Import FILE, XLSX, CSV or YAML: place,name,phone,role,plates,cards,since,until or 房号,姓名,电话,身份,车牌,卡号.

    If there are mistakes, prints each as FILE:LINE: WHAT, THE FIX and imports nothing.
    Several plates or cards are separated by `;`. `list` is resident or watch. Importing again changes nothing.
    """
    configuration = load(config) if config else None
    roster = read_roster(file, configuration.places if configuration else None, zone_of(config))
    now = datetime.now(UTC)
    if dry_run:
        plan = run(data, lambda store: plan_roster(store, roster, now, replace=replace))
        for change in plan.changes:
            where = f"{file}:{change.line}" if change.line else f"{file}: left out"
            fields = f" ({', '.join(change.fields)})" if change.fields else ""
            click.echo(f"{where}: {change.subject.value} {change.label} {change.change}{fields}")
    else:
        by = by_command_line(why)
        plan = run(data, lambda store: import_roster(store, roster, now, replace=replace, by=by))
        refresh_register(data)
    click.echo("\n".join(_counts(plan)))


def _counts(plan: ImportPlan) -> list[str]:
    lines = []
    for subject, count in plan.counts.items():
        numbers = {word: getattr(count, word) for word in ("added", "changed", "unchanged", "ended")}
        if any(numbers.values()):
            lines.append(f"{_PLURALS[subject]}: {', '.join(f'{number} {word}' for word, number in numbers.items())}")
    return lines or ["nothing"]


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--place", default="", help="Only at or below this place.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Of the headings.")
@config_option
@why_option
@data_option
def export(file: Path, place: str, lang: str, config: Path | None, why: str, data: Path) -> None:
    """Write the register to FILE, CSV or XLSX by its name, as `import` reads it. PINs are not in it."""
    check_new_file(file)
    layout = Layout(lang, zone_of(config) if config else CHINA, datetime.now(UTC), place.strip("/"))

    async def act(store: Store) -> list[list[str]]:
        step = Step("", "people-export", by_command_line(why).user, layout.at, why, {"as": file.suffix, "under": place})
        await store.write(lambda connection: audit.append(connection, step))
        stored = await store.read(lambda connection: read_register(connection, store.vault, card_numbers=True))
        return export_rows(stored, layout)

    rows = run(data, act)
    if file.suffix.lower() == ".xlsx":
        write_workbook(file, heading(lang), rows)
    else:
        file.write_bytes(BOM + csv_lines([heading(lang), *rows]))
    file.chmod(0o600)
    click.echo(f"{len(rows)} lines in {file}")


@click.command("list")
@click.option("--place", default="", help="Only at or below this place.")
@data_option
def list_(place: str, data: Path) -> None:
    """List persons with their ids, and vehicles, as they are now."""
    now = datetime.now(UTC)
    residents = run(data, lambda store: People(store).persons(now))
    vehicles = run(data, lambda store: People(store).vehicles())
    for one in residents:
        rooms: list[tuple[str | None, str]] = [
            (stay.place, stay.role) for stay in one.memberships if stay.is_valid(now)
        ]
        for where, role in rooms or [(one.place, one.person.role)]:
            if is_below(where, place):
                click.echo("\t".join((one.person.id, where or "-", one.person.name, role, one.listing.value)))
    for car in vehicles:
        if is_below(car.place, place) and car.is_valid(now):
            click.echo("\t".join((car.plate, car.place or "-", "vehicle", "", car.listing.value)))
