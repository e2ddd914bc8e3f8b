"""`anju people`: imports, lists and removes residents and vehicles."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from gateway.cli.common import data_option
from gateway.cli.control_client import refresh_register
from gateway.config import load
from gateway.people import People
from gateway.people.number_plates import normalized_plate
from gateway.people.register_writer import ChangedBy
from gateway.people.roster import read_roster
from gateway.people.roster_import import import_roster
from gateway.store import Store

T = TypeVar("T")


@click.group()
def command() -> None:
    """Residents and vehicles: import, list, remove."""


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--config",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of compound.yaml: places must be in it, and may be given by their full names.",
)
@click.option(
    "--replace", is_flag=True, help="Remove persons and vehicles that are not in FILE from the places in FILE."
)
@data_option
def import_(file: Path, config: Path | None, replace: bool, data: Path) -> None:
    """Import FILE, CSV or YAML: place,name,phone,role,plates,list (or 房号,姓名,电话,身份,车牌,名单).

    If there are mistakes, prints each as FILE:LINE: WHAT, THE FIX and imports nothing.
    Several plates are separated by `;`. `list` is resident or watch. Importing again changes nothing.
    """
    roster = read_roster(file, load(config).places if config else None)
    counts = _run(data, lambda store: import_roster(store, roster, datetime.now(UTC), replace=replace))
    refresh_register(data)
    click.echo(
        f"{len(roster.residents)} persons and {len(roster.vehicles)} vehicles: "
        f"{counts.added} added, {counts.changed} changed, {counts.unchanged} unchanged, {counts.removed} removed"
    )


@command.command("list")
@click.option("--place", default="", help="Only at or below this place.")
@data_option
def list_(place: str, data: Path) -> None:
    """List persons with their ids, and vehicles."""
    residents = _run(data, lambda store: People(store).persons(datetime.now(UTC)))
    vehicles = _run(data, lambda store: People(store).vehicles())
    for one in residents:
        if _below(one.place, place):
            columns = (one.person.id, one.place or "-", one.person.name, one.person.role, one.listing.value)
            click.echo("\t".join(columns))
    for car in vehicles:
        if _below(car.place, place):
            click.echo("\t".join((car.plate, car.place or "-", "vehicle", "", car.listing.value)))


@command.command()
@click.argument("key")
@data_option
def remove(key: str, data: Path) -> None:
    """Remove the person with the id KEY, or the vehicle with the plate KEY."""
    now, by = datetime.now(UTC), ChangedBy("", "anju people remove")
    removed = _run(data, lambda store: People(store).remove(key, now, by))
    if not removed and not _run(data, lambda store: People(store).remove(normalized_plate(key), now, by)):
        raise click.ClickException(f"there is neither a person with the id nor a vehicle with the plate {key!r}")
    refresh_register(data)
    click.echo(f"{key} removed")


def _below(place: str | None, prefix: str) -> bool:
    prefix = prefix.rstrip("/")
    return not prefix or place == prefix or (place or "").startswith(f"{prefix}/")


def _run(data: Path, act: Callable[[Store], Awaitable[T]]) -> T:
    async def run() -> T:
        async with Store.open(data) as store:
            return await act(store)

    return asyncio.run(run())
