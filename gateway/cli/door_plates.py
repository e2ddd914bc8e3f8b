"""`anju door-plates`: prints and revokes the QR door plates of rooms."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import click

from gateway.cli.common import data_option
from gateway.people import DoorPlates, People
from gateway.people.door_plate_sheets import PrintedDoorPlate, door_plate_sheets
from gateway.people.rooms import Rooms, rooms_from_folder, rooms_from_journal
from gateway.store import Store

T = TypeVar("T")
_config = click.option(
    "--config",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="ANJU_CONFIG",
    help="The folder of compound.yaml; default: the configuration that the gateway last ran with.",
)
_out = click.option(
    "--out",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    default=Path("door-plates.html"),
    show_default=True,
    help="The file to write; - is standard output.",
)


@click.group()
def command() -> None:
    """QR door plates of rooms: print, revoke, reissue."""


@command.command("print")
@click.argument("config_dir", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@_config
@_out
@click.option("--place", "places", multiple=True, help="Only rooms at or below this place; repeatable.")
@data_option
def print_(config_dir: Path | None, config: Path | None, out: Path, places: Sequence[str], data: Path) -> None:
    """Write A4 sheets with the door plate of every room. Printing again gives the same codes."""
    _run(data, lambda store: _print(store, config_dir or config, out, places))


@command.command()
@click.argument("place", nargs=-1, required=True)
@data_option
def revoke(place: Sequence[str], data: Path) -> None:
    """Revoke the door plates of these rooms; `print` issues new ones."""
    count = _run(data, lambda store: DoorPlates(store).revoke(place, datetime.now(UTC)))
    if not count:
        raise click.ClickException(f"there is no door plate for {', '.join(place)}")
    click.echo(f"{count} {'plate' if count == 1 else 'plates'} revoked")


@command.command()
@click.argument("place", nargs=-1, required=True)
@_config
@_out
@data_option
def reissue(place: Sequence[str], config: Path | None, out: Path, data: Path) -> None:
    """Revoke the door plates of these rooms and write sheets with new ones."""

    async def act(store: Store) -> None:
        await DoorPlates(store).revoke(place, datetime.now(UTC))
        await _print(store, config, out, place)

    _run(data, act)


async def _print(store: Store, config: Path | None, out: Path, places: Sequence[str]) -> None:
    rooms = await asyncio.to_thread(rooms_from_folder, config) if config else await store.read(rooms_from_journal)
    inhabited = [one.place for one in await People(store).persons(datetime.now(UTC)) if one.place]
    chosen = rooms.chosen(inhabited, places)
    if not chosen:
        raise click.ClickException("there is no such room; compound.yaml has them under buildings")
    issued = await DoorPlates(store).issue(chosen, datetime.now(UTC))
    plates = [PrintedDoorPlate(rooms.places[one.place].name.zh, f"{rooms.public_url}/d/{one.token}") for one in issued]
    with click.open_file(str(out), "w", encoding="utf-8") as file:
        file.write(door_plate_sheets(plates, rooms.compound, rooms.phone))
    _print_summary(rooms, out, len(plates))


def _print_summary(rooms: Rooms, out: Path, count: int) -> None:
    # On standard error, since the sheets may go to standard output.
    pages = -(-count // 8)
    click.echo(f"{count} door plates on {pages} {'page' if pages == 1 else 'pages'}: {out}", err=True)
    warn_of_loopback(rooms.public_url)


def warn_of_loopback(public_url: str) -> None:
    """Say so when the codes lead to an address that only this machine can open."""
    host = urlsplit(public_url).hostname or ""
    if host == "localhost" or _is_loopback(host):
        click.echo(f"warning: phones can't open {public_url}; set public_url in compound.yaml", err=True)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _run(data: Path, act: Callable[[Store], Awaitable[T]]) -> T:
    async def run() -> T:
        async with Store.open(data) as store:
            return await act(store)

    return asyncio.run(run())
