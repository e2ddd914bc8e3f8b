"""`anju faces enrol`: enrols persons by photographs, or from a camera's live picture."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from gateway.cli.common import data_option
from gateway.cli.control_client import refresh_register
from gateway.cli.faces.camera_snapshot import find_gateway_url, snapshot
from gateway.cli.faces.options import config_option, load_matching
from gateway.errors import NotFound, Refused
from gateway.store import Store
from gateway.vision.face_matching import FaceModels
from gateway.vision.recognise.photos import Photo, examine, list_photos


@click.command("enrol")
@click.argument("photos", metavar="[DIR|PHOTO]", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--person", help="The person's id in the register; needed for a single photograph.")
@click.option("--camera", metavar="ID", help="Take the picture from this camera of the running gateway.")
@click.option("--url", help="URL of the running gateway.  [default: the demo's, or http://127.0.0.1:8080]")
@click.option("--user", default="manager", show_default=True, help="User who signs in there.")
@click.option("--password", envvar="ANJU_PASSWORD", help="Prompted for if not given, here or in ANJU_PASSWORD.")
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
    """Enrol persons: one PHOTO of --person, a DIR of PERSON_ID/*.jpg, or --person from the live picture of --camera.

    A photograph that is not good enough is rejected with the reason; the others are enrolled. The photographs
    themselves are not kept. The exit code is 1 if any was rejected.
    """
    if (photos is None) == (camera is None):
        raise click.UsageError("Give either photographs or a --camera.")
    models = load_matching(config).models
    with tempfile.TemporaryDirectory(prefix="anju-") as folder:
        if camera is not None:
            password = password or click.prompt(f"password of {user}", hide_input=True, err=True)
            picture = asyncio.run(snapshot(url or find_gateway_url(data), user, password, camera))
            photos = Path(folder, f"{camera}.jpg")
            photos.write_bytes(picture)
        examined = _examine(_list_photos(photos or Path(), person), models)
        enrolled, rejected = asyncio.run(_enrol_photos(data, examined, models))
    if enrolled:
        refresh_register(data)
    _report(enrolled, rejected)


def _report(enrolled: int, rejected: Sequence[tuple[Path, str]]) -> None:
    for file, why in rejected:
        click.echo(f"rejected: {file}: {why}", err=True)
    click.echo(f"{enrolled} of {enrolled + len(rejected)} photographs enrolled")
    if rejected:
        raise click.exceptions.Exit(1)


def _list_photos(photos: Path, person: str | None) -> list[tuple[str, Path]]:
    if photos.is_dir():
        if person is not None:
            return [(person, file) for _, file in list_photos(photos.parent) if file.parent == photos]
        return list_photos(photos)
    if person is None:
        raise click.UsageError("A single photograph needs --person ID.")
    return [(person, photos)]


def _examine(photos_by_person: Sequence[tuple[str, Path]], models: FaceModels) -> list[Photo]:
    # Importing and loading the models takes half a second, so --help and usage errors come first.
    from gateway.vision.recognise.custom_face_models import create_face_reader  # noqa: PLC0415  its models take half a second

    reader = create_face_reader(models)
    return [examine(reader, person, file) for person, file in photos_by_person]


async def _enrol_photos(data: Path, photos: Sequence[Photo], models: FaceModels) -> tuple[int, list[tuple[Path, str]]]:
    from gateway.people import faces  # noqa: PLC0415  slow to load

    enrolled, rejected = 0, list[tuple[Path, str]]()
    async with Store.open(data) as store:
        for photo in photos:
            if photo.face is None or photo.fault is not None:
                rejected.append((photo.file, photo.fault.en if photo.fault else "no face"))
                continue
            try:
                await faces.enrol(store, photo.person, photo.face.template, photo.file.read_bytes(), models)
                enrolled += 1
            except (NotFound, Refused) as error:
                rejected.append((photo.file, str(error)))
    return enrolled, rejected
