"""`anju faces enrol`: whom the cameras are to know."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click

from gateway.cli.common import data_option
from gateway.errors import NotFound
from gateway.store import Store
from gateway.vision.recognise.photos import Photo, examine, files_of


@click.group("faces")
def command() -> None:
    """The faces of the enrolled."""


@command.command("enrol")
@click.argument("photos", metavar="DIR|PHOTO", type=click.Path(exists=True, path_type=Path))
@click.option("--person", help="The person's id in the register; needed for a single photograph.")
@data_option
def enrol(photos: Path, person: str | None, data: Path) -> None:
    """Enrol persons by their photographs: one PHOTO of --person, or a DIR of PERSON_ID/*.jpg.

    A photograph that is not good enough is refused, and what is wrong with it is told; the others
    are taken. The photographs themselves are not kept. The exit code is 1 when any was refused.
    """
    examined = _examined(_wanted(photos, person))
    taken, refused = asyncio.run(_enrol(data, examined))
    for file, why in refused:
        click.echo(f"refused: {file}: {why}", err=True)
    click.echo(f"{taken} of {len(examined)} photographs enrolled")
    if refused:
        raise click.exceptions.Exit(1)


def _wanted(photos: Path, person: str | None) -> list[tuple[str, Path]]:
    if photos.is_dir():
        if person is not None:
            return [(person, file) for _, file in files_of(photos.parent) if file.parent == photos]
        return files_of(photos)
    if person is None:
        raise click.UsageError("Say whose photograph it is: --person ID.")
    return [(person, photos)]


def _examined(wanted: Sequence[tuple[str, Path]]) -> list[Photo]:
    from gateway.vision.recognise.faces import FaceReader  # noqa: PLC0415  its models take half a second

    reader = FaceReader()
    return [examine(reader, person, file) for person, file in wanted]


async def _enrol(data: Path, photos: Sequence[Photo]) -> tuple[int, list[tuple[Path, str]]]:
    from gateway.people import faces  # noqa: PLC0415

    taken, refused = 0, list[tuple[Path, str]]()
    async with Store.open(data) as store:
        for photo in photos:
            if photo.face is None or photo.fault is not None:
                refused.append((photo.file, photo.fault.en if photo.fault else "no face"))
                continue
            try:
                await faces.enrol(store, photo.person, photo.face.template, photo.file.read_bytes())
                taken += 1
            except NotFound as error:
                refused.append((photo.file, str(error)))
    return taken, refused
