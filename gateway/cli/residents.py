"""`anju residents`: letters that sign residents in on their phones."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.common import data_option
from gateway.cli.door_plates import warn_of_loopback
from gateway.config.residents import SignInSection
from gateway.people import People
from gateway.people.rooms import Rooms, rooms_from_folder, rooms_from_journal
from gateway.residents.letters import LetterHead, write_letters
from gateway.store import Store


@click.group()
def command() -> None:
    """Residents' phones: letters with a QR code."""


@command.command()
@click.argument("place")
@click.option("--person", help="Only this person's, by their id in the register.")
@click.option(
    "--config",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="ANJU_CONFIG",
    help="The folder of compound.yaml; default: the configuration that the gateway last ran with.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("letters.html"),
    show_default=True,
    help="The file to write; it holds keys: delete it once it is printed.",
)
@data_option
def letter(place: str, person: str | None, config: Path | None, out: Path, data: Path) -> None:
    """Write a letter for each person of the room PLACE. Earlier letters of theirs are void."""
    asyncio.run(_letters(place, person, config, out, data))


async def _letters(place: str, person: str | None, config: Path | None, out: Path, data: Path) -> None:
    now = datetime.now(UTC)
    async with Store.open(data) as store:
        rooms = await asyncio.to_thread(rooms_from_folder, config) if config else await store.read(rooms_from_journal)
        household = (await People(store).register(now)).households.get(place)
        people = [each for each in household.persons if person in {None, each.id}] if household is not None else []
        if not people:
            raise click.ClickException(f"nobody is registered at {place}" + (f" with id {person}" if person else ""))
        name = rooms.places[place].name.zh if place in rooms.places else place
        _write(out, await write_letters(store, people, name, _head(rooms), now))
    click.echo(f"{len(people)} {'letter' if len(people) == 1 else 'letters'}: {out}", err=True)
    warn_of_loopback(rooms.public_url)


def _head(rooms: Rooms) -> LetterHead:
    return LetterHead(rooms.compound, rooms.phone, rooms.public_url, SignInSection().letter_valid)


def _write(file: Path, text: str) -> None:
    """For the owner's eyes alone: whoever has a letter can sign in."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:
        opened.write(text)
