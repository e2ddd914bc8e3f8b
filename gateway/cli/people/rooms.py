"""`anju people find|show|move-out|remove`: people and rooms, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.common import data_option
from gateway.cli.control_client import refresh_register
from gateway.cli.people.common import by_command_line, config_option, run, why_option, zone_of
from gateway.config import load
from gateway.model import CredentialKind
from gateway.people import People
from gateway.people.household_orders import MoveOut
from gateway.people.household_record import HouseholdState, read_household
from gateway.people.household_room import ChangeRefused
from gateway.people.households import carry_out
from gateway.people.number_plates import normalized_plate
from gateway.people.search import PeopleIndex
from gateway.store import Store


@click.command()
@click.argument("text")
@config_option
@data_option
def find(text: str, config: Path | None, data: Path) -> None:
    """Find people by TEXT: a name or its initials, a room, a plate, or the last digits of a phone."""
    register = run(data, lambda store: People(store).register(datetime.now(UTC)))
    for found in PeopleIndex(register, load(config).places if config else {}).find(text).people:
        one = found.resident
        click.echo("\t".join((one.person.id, one.place or "-", one.person.name, one.person.role, found.by.value)))


@click.command()
@click.argument("place")
@data_option
def show(place: str, data: Path) -> None:
    """Show a room: its people with their dates, vehicles, and cards by their last digits."""
    state = run(data, lambda store: store.read(lambda connection: read_household(connection, store.vault, place)))
    if not (state.members or state.vehicles or state.credentials):
        raise click.ClickException(f"nobody is registered at {place}")
    _print(state)


def _print(state: HouseholdState) -> None:
    for member in state.members:
        stay = member.stay
        _row(stay.person, member.data.name, stay.role, stay.since, stay.until)
    for plate, vehicle in state.vehicles.items():
        _row(plate, "vehicle", vehicle.person or "", vehicle.since, vehicle.until)
    for each in state.credentials:
        ending = f"card …{state.endings[each.id]}" if each.kind is CredentialKind.CARD else "PIN"
        _row(each.id, ending, each.person or "", each.since, each.until)


def _row(key: str, name: str, more: str, since: datetime | None, until: datetime | None) -> None:
    dates = "\t".join(f"{at:%Y-%m-%d %H:%M}" if at else "-" for at in (since, until))
    click.echo(f"{key}\t{name}\t{more}\t{dates}")


@click.command("move-out")
@click.argument("place")
@click.option("--person", "people", multiple=True, help="Only the person with this id; repeatable. Without: everybody.")
@click.option("--at", "at", default=None, metavar="DAY", help="Their last day, such as 2026-12-31; without: now.")
@config_option
@why_option
@data_option
def move_out(place: str, people: Sequence[str], at: str | None, config: Path | None, why: str, data: Path) -> None:
    """Let people move out of PLACE: their cards, PINs, vehicles and faces end with it."""
    order = MoveOut(do="move_out", people=tuple(people), at=at)
    by, zone, now = by_command_line(why), zone_of(config), datetime.now(UTC)

    async def act(store: Store) -> None:
        await store.write(lambda connection: carry_out(connection, store.vault, now, zone, place, [order], by))

    try:
        run(data, act)
    except ChangeRefused as error:
        raise click.ClickException(str(error)) from error
    refresh_register(data)
    click.echo(f"{place}: moved out")


@click.command()
@click.argument("key")
@data_option
def remove(key: str, data: Path) -> None:
    """Delete the person with the id KEY, or the vehicle with the plate KEY. Who has moved out: see `move-out`."""
    now, by = datetime.now(UTC), by_command_line("anju people remove")
    removed = run(data, lambda store: People(store).remove(key, now, by))
    if not removed and not run(data, lambda store: People(store).remove(normalized_plate(key), now, by)):
        raise click.ClickException(f"there is neither a person with the id nor a vehicle with the plate {key!r}")
    refresh_register(data)
    click.echo(f"{key} removed")
