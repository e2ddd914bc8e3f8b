"""`anju door-plates`: prints, lists and revokes the QR door plates of rooms."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TypeVar, cast
from urllib.parse import urlsplit

import click
from pydantic import ValidationError

from gateway.cli.common import data_option
from gateway.config.residents import DoorPlateSection
from gateway.door_plate.plate_layout import PlateLayout
from gateway.door_plate.plate_states import PlateStage, read_states
from gateway.door_plate.sheets import Batches, Heading, PrintedDoorPlate, door_plate_sheets, page_count
from gateway.people import DoorPlates, People
from gateway.people.rooms import Rooms, rooms_from_folder, rooms_from_journal
from gateway.store import Store

T = TypeVar("T")
C = TypeVar("C", bound=Callable[..., None])
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


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How to print: what the command line says goes before residents.yaml."""

    size: str | None
    bleed: int | None
    columns: int | None
    batches: Batches

    def layout(self, section: DoorPlateSection) -> PlateLayout:
        """Raises ClickException for what fits no page."""
        given: dict[str, object] = {"bleed": self.bleed, "columns": self.columns}
        if self.size is not None:
            width, _, height = self.size.lower().partition("x")
            given["size"] = {"width": width, "height": height}
        asked = section.model_dump() | {name: value for name, value in given.items() if value is not None}
        try:
            return PlateLayout.of(DoorPlateSection.model_validate(asked))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise click.ClickException(f"{where}: {first['msg']}" if where else first["msg"]) from error


def _printing(command: C) -> C:
    """Adds the options of how to print; the command gets them as `wanted`."""

    @wraps(command)
    def run(*, size: str | None, bleed: int | None, columns: int | None, batches: Batches, **more: object) -> None:
        command(wanted=_Wanted(size, bleed, columns, batches), **more)

    for option in (
        click.option("--size", metavar="WxH", help="mm after cutting, such as 95x69; default: as in residents.yaml."),
        click.option("--bleed", type=int, help="mm of colour beyond the edge, for print shops."),
        click.option("--columns", type=int, help="Plates side by side; default: as many as fit."),
        click.option(
            "--batches",
            type=click.Choice(["none", "building", "unit"]),
            default="unit",
            show_default=True,
            help="What begins on a new page.",
        ),
    ):
        run = option(run)
    return cast("C", run)


@click.group()
def command() -> None:
    """QR door plates of rooms: print, list, revoke, reissue."""


@command.command("print")
@click.argument("config_dir", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@_config
@_out
@_printing
@click.option("--place", "places", multiple=True, help="Only rooms at or below this place; repeatable.")
@data_option
def print_(
    config_dir: Path | None, config: Path | None, out: Path, wanted: _Wanted, places: Sequence[str], data: Path
) -> None:
    """Write A4 sheets with the door plate of every room. Printing again gives the same codes."""
    _run(data, lambda store: _print(store, config_dir or config, out, places, wanted))


@command.command("list")
@_config
@click.option("--place", "places", multiple=True, help="Only rooms at or below this place; repeatable.")
@click.option("--stage", type=click.Choice([stage.value for stage in PlateStage]), help="Only plates of this stage.")
@data_option
def list_(config: Path | None, places: Sequence[str], stage: str | None, data: Path) -> None:
    """List each room's plate: none, printed, hung (by whom and when) or revoked."""

    async def act(store: Store) -> None:
        rooms, chosen = await _chosen(store, config, places)
        for state in await store.read(lambda connection: read_states(connection, chosen)):
            if stage in {None, state.stage}:
                hung = f"{state.hung_at.astimezone():%Y-%m-%d %H:%M} {state.hung_by}" if state.hung_at else ""
                click.echo(f"{state.place}\t{rooms.places[state.place].name.zh}\t{state.stage}\t{hung}".rstrip())

    _run(data, act)


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
@_printing
@data_option
def reissue(place: Sequence[str], config: Path | None, out: Path, wanted: _Wanted, data: Path) -> None:
    """Revoke the door plates of these rooms and write sheets with new ones."""

    async def act(store: Store) -> None:
        await DoorPlates(store).revoke(place, datetime.now(UTC))
        await _print(store, config, out, place, wanted)

    _run(data, act)


async def _chosen(store: Store, config: Path | None, places: Sequence[str]) -> tuple[Rooms, list[str]]:
    rooms = await asyncio.to_thread(rooms_from_folder, config) if config else await store.read(rooms_from_journal)
    inhabited = [one.place for one in await People(store).persons(datetime.now(UTC)) if one.place]
    chosen = rooms.chosen(inhabited, places)
    if not chosen:
        raise click.ClickException("there is no such room; compound.yaml has them under buildings")
    return rooms, chosen


async def _print(store: Store, config: Path | None, out: Path, places: Sequence[str], wanted: _Wanted) -> None:
    rooms, chosen = await _chosen(store, config, places)
    layout, now = wanted.layout(rooms.door_plates), datetime.now(UTC)
    issued = await DoorPlates(store).issue(chosen, now)
    plates = [
        PrintedDoorPlate(rooms.places[one.place].name.zh, f"{rooms.public_url}/d/{one.token}", one.place)
        for one in issued
    ]
    heading = Heading(rooms.compound, rooms.phone, rooms.door_plates.address, f"{now.astimezone():%Y-%m-%d}")
    with click.open_file(str(out), "w", encoding="utf-8") as file:
        file.write(door_plate_sheets(plates, heading, layout, wanted.batches))
    _print_summary(rooms, out, len(plates), page_count(plates, layout, wanted.batches))


def _print_summary(rooms: Rooms, out: Path, count: int, pages: int) -> None:
    # On standard error, since the sheets may go to standard output.
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
