"""`anju try face|plate|motion FILE…`: runs a recogniser, one JSON object a line; `access` and `notify` try these."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track

from gateway.cli.try_access import access
from gateway.cli.try_notify import notify
from gateway.errors import BadInput

files_argument = click.argument("files", nargs=-1, required=True, type=click.Path())


@click.group("try")
def command() -> None:
    """Try a recogniser on photographs or clips, a credential at a door, or send a test by a notifier.

    Recognisers print one JSON object a line. Unreadable files are reported on stderr and make the exit code 1.
    """


@command.command("plate")
@files_argument
@click.option("--home-province", metavar="字", help="Province of most plates, such as 苏, which is preferred.")
def plate(files: Sequence[str], home_province: str | None) -> None:
    """Read number plates: {"file", "plates": [{"text", "score", "box"}]}.

    A score of 0.8 and more can be accepted as it is; a lower one needs another frame, or a person's check.
    """
    from gateway.vision.file_recognition import plates  # noqa: PLC0415  slow to load
    from gateway.vision.recognise.plate_characters import PROVINCES  # noqa: PLC0415  slow to load, as below
    from gateway.vision.recognise.plates import PlateReader  # noqa: PLC0415  slow to load

    if home_province is not None and home_province not in tuple(PROVINCES):
        raise click.BadParameter(f"{home_province!r} is not one of {PROVINCES}", param_hint="--home-province")
    reader = PlateReader(home_province)
    _try("plates", files, lambda file: plates(file, reader))


@command.command("face")
@files_argument
@click.option(
    "--gallery", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A folder of PERSON/*.jpg."
)
def face(files: Sequence[str], gallery: Path | None) -> None:
    """Find and name faces: {"file", "faces": [{"box", "person", "distance"}]}."""
    from gateway.vision.file_recognition import faces  # noqa: PLC0415  slow to load
    from gateway.vision.recognise.faces import FaceReader  # noqa: PLC0415  slow to load

    reader = FaceReader()
    loaded = _load_gallery(reader, gallery)
    _try("faces", files, lambda file: faces(file, reader, loaded))


@command.command("motion")
@files_argument
@click.option(
    "--sensitivity",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="0 insensitive … 1 most sensitive.",
)
def motion(files: Sequence[str], sensitivity: float) -> None:
    """Find movement in clips: {"file", "motion": [[start_s, end_s]…]}."""
    from gateway.vision.file_motion import motions  # noqa: PLC0415  slow to load

    _try("motion", files, lambda file: [(round(start, 2), round(end, 2)) for start, end in motions(file, sensitivity)])


command.add_command(access)
command.add_command(notify)


def _load_gallery(reader: Any, folder: Path | None) -> Any:
    """The gallery of a folder. Faults are reported, but every photograph with a face is used."""
    from gateway.vision.recognise.gallery import Gallery  # noqa: PLC0415  slow to load
    from gateway.vision.recognise.photos import examine, list_photos  # noqa: PLC0415  slow to load

    photos = [examine(reader, *each) for each in _with_progress(list_photos(folder) if folder else [], "gallery")]
    for photo in photos:
        if photo.fault:
            click.echo(f"warning: {photo.file}: {photo.fault.en}", err=True)
    useful = [(photo.person, photo.face.template) for photo in photos if photo.face]
    return Gallery([person for person, _ in useful], [template for _, template in useful])


def _try(name: str, files: Sequence[str], recognise: Callable[[str], Sequence[Any]]) -> None:
    failed = False
    for file in _with_progress(files, name):
        try:
            found = recognise(file)
        except BadInput as error:
            click.echo(f"error: {error}", err=True)
            failed, found = True, []
        click.echo(_to_json_line({"file": file, name: found}))
    if failed:
        raise click.exceptions.Exit(1)


def _to_json_line(result: dict[str, Any]) -> str:
    """Unescaped if stdout can encode it; a file's name may even be undecodable bytes (surrogates)."""
    line = json.dumps(result, ensure_ascii=False)
    try:
        line.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(result)
    return line


def _with_progress(things: Sequence[Any], what: str) -> Iterator[Any] | Iterable[Any]:
    """With a progress bar on stderr if stdout goes to a file; on a terminal the output lines show the progress."""
    console = Console(stderr=True)
    if len(things) < 2 or not console.is_terminal or sys.stdout.isatty():
        return iter(things)
    return track(things, what, console=console, transient=True)
