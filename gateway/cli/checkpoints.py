"""`anju checkpoints`: prints, renews and revokes the QR codes of checkpoints (巡更点)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from gateway.cli.common import data_option
from gateway.cli.door_plates import warn_of_loopback
from gateway.patrol.codes import CheckpointCodes
from gateway.patrol.printing import checkpoints_from_folder, checkpoints_from_journal
from gateway.patrol.sheets import PrintedCheckpoint, Size, checkpoint_sheets, pages_of
from gateway.people.rooms import Rooms, rooms_from_folder, rooms_from_journal
from gateway.store import Store

T = TypeVar("T")
_config = click.option(
    "--config",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="ANJU_CONFIG",
    help="The folder of desk.yaml; default: the configuration that the gateway last ran with.",
)
_out = click.option(
    "--out",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    default=Path("checkpoints.html"),
    show_default=True,
    help="The file to write; - is standard output.",
)
_size = click.option(
    "--size",
    type=click.Choice(["plate", "sticker"]),
    default="plate",
    show_default=True,
    help="plate: 8 an A4 page; sticker: 21, for label sheets of 63.5 x 38.1 mm.",
)


@click.group()
def command() -> None:
    """QR codes of checkpoints: print, renew, revoke."""


@command.command("print")
@click.argument("checkpoint", nargs=-1)
@_config
@_out
@_size
@data_option
def print_(checkpoint: Sequence[str], config: Path | None, out: Path, size: Size, data: Path) -> None:
    """Write sheets with the code of every checkpoint, or of those named. Printing again gives the same codes."""
    _run(data, lambda store: _print(store, config, out, size, checkpoint))


@command.command()
@click.argument("checkpoint", nargs=-1, required=True)
@_config
@_out
@_size
@data_option
def renew(checkpoint: Sequence[str], config: Path | None, out: Path, size: Size, data: Path) -> None:
    """Revoke the codes of these checkpoints and write sheets with new ones: after one was photographed or lost."""

    async def act(store: Store) -> None:
        await CheckpointCodes(store).revoke(checkpoint, datetime.now(UTC))
        await _print(store, config, out, size, checkpoint)

    _run(data, act)


@command.command()
@click.argument("checkpoint", nargs=-1, required=True)
@data_option
def revoke(checkpoint: Sequence[str], data: Path) -> None:
    """Revoke the codes of these checkpoints; `print` issues new ones."""
    count = _run(data, lambda store: CheckpointCodes(store).revoke(checkpoint, datetime.now(UTC)))
    if not count:
        raise click.ClickException(f"there is no code for {', '.join(checkpoint)}")
    click.echo(f"{count} {'code' if count == 1 else 'codes'} revoked")


async def _print(store: Store, config: Path | None, out: Path, size: Size, ids: Sequence[str]) -> None:
    if config:
        rooms, known = await asyncio.to_thread(lambda: (rooms_from_folder(config), checkpoints_from_folder(config)))
    else:
        rooms, known = await store.read(rooms_from_journal), await store.read(checkpoints_from_journal)
    chosen = known.chosen(ids)
    if missing := set(ids) - {one.id for one in chosen}:
        raise click.ClickException(f"there is no checkpoint {', '.join(sorted(missing))} in desk.yaml")
    if not chosen:
        raise click.ClickException("there is no checkpoint; desk.yaml has them under patrols.checkpoints")
    codes = await CheckpointCodes(store).issue([one.id for one in chosen], datetime.now(UTC))
    points = [
        PrintedCheckpoint(
            one.id,
            one.name.zh,
            _place_name(rooms, one.place),
            f"{rooms.public_url}/c/{code.token}",
            f"{code.issued_at.astimezone():%Y-%m-%d}",
        )
        for one, code in zip(chosen, codes, strict=True)
    ]
    with click.open_file(str(out), "w", encoding="utf-8") as file:
        file.write(checkpoint_sheets(points, rooms.compound, size))
    pages = pages_of(len(points), size)
    # On standard error, since the sheets may go to standard output.
    click.echo(f"{len(points)} checkpoints on {pages} {'page' if pages == 1 else 'pages'}: {out}", err=True)
    warn_of_loopback(rooms.public_url)


def _place_name(rooms: Rooms, path: str) -> str:
    place = rooms.places.get(path)
    return place.name.zh if place else path


def _run(data: Path, act: Callable[[Store], Awaitable[T]]) -> T:
    async def run() -> T:
        async with Store.open(data) as store:
            return await act(store)

    return asyncio.run(run())
