"""`anju faces enrol`: persons by their photographs, or as they stand before a camera."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from gateway.cli.common import data_option
from gateway.cli.control_client import refresh_register
from gateway.cli.faces.at_camera import gateway_url, snapshot
from gateway.cli.faces.options import config_option, matching_of
from gateway.errors import NotFound
from gateway.store import Store
from gateway.vision.face_matching import FaceModels
from gateway.vision.recognise.photos import Photo, examine, files_of


@click.command("enrol")
@click.argument("photos", metavar="[DIR|PHOTO]", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--person", help="The person's id in the register; needed for a single photograph.")
@click.option("--camera", metavar="ID", help="Take the picture from this camera of the running gateway.")
@click.option("--url", help="Of the running gateway; without, the demo's or http://127.0.0.1:8080.")
@click.option("--user", default="manager", show_default=True, help="Who signs in there.")
@click.option("--password", envvar="ANJU_PASSWORD", help="Asked for when not given; or in ANJU_PASSWORD.")
@config_option
@data_option
def enrol(
    photos: Path | None,
    person: str | None,
    camera: str | None,
    url: str | None,
    user: str,
    password: str | None,
    config: Path | None,
    data: Path,
) -> None:
    """Enrol persons: one PHOTO of --person, a DIR of PERSON_ID/*.jpg, or --person as --camera sees them now.

    A photograph that is not good enough is refused, and what is wrong with it is told; the others
    are taken. The photographs themselves are not kept. The exit code is 1 when any was refused.
    """
    if (photos is None) == (camera is None):
        raise click.UsageError("Give photographs, or a --camera.")
    models = matching_of(config).models
    with tempfile.TemporaryDirectory(prefix="anju-") as folder:
        if camera is not None:
            password = password or click.prompt(f"password of {user}", hide_input=True, err=True)
            picture = asyncio.run(snapshot(url or gateway_url(data), user, password, camera))
            photos = Path(folder, f"{camera}.jpg")
            photos.write_bytes(picture)
        examined = _examined(_wanted(photos or Path(), person), models)
        taken, refused = asyncio.run(_enrol(data, examined, models))
    if taken:
        refresh_register(data)
    _report(taken, refused)


def _report(taken: int, refused: Sequence[tuple[Path, str]]) -> None:
    for file, why in refused:
        click.echo(f"refused: {file}: {why}", err=True)
    click.echo(f"{taken} of {taken + len(refused)} photographs enrolled")
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


def _examined(wanted: Sequence[tuple[str, Path]], models: FaceModels) -> list[Photo]:
    from gateway.vision.recognise.supplied import face_reader  # noqa: PLC0415  its models take half a second

    reader = face_reader(models)
    return [examine(reader, person, file) for person, file in wanted]


async def _enrol(data: Path, photos: Sequence[Photo], models: FaceModels) -> tuple[int, list[tuple[Path, str]]]:
    from gateway.people import faces  # noqa: PLC0415  slow to load

    taken, refused = 0, list[tuple[Path, str]]()
    async with Store.open(data) as store:
        for photo in photos:
            if photo.face is None or photo.fault is not None:
                refused.append((photo.file, photo.fault.en if photo.fault else "no face"))
                continue
            try:
                await faces.enrol(store, photo.person, photo.face.template, photo.file.read_bytes(), models)
                taken += 1
            except NotFound as error:
                refused.append((photo.file, str(error)))
    return taken, refused
