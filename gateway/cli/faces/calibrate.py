"""`anju faces calibrate`: how alike two faces must be, by how many strangers would be misnamed a day."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from gateway.cli.common import data_option
from gateway.cli.faces.options import config_option, matching_of
from gateway.store import Store
from gateway.vision.matching import FaceMatching
from gateway.vision.recognise.chances import Lookalikes, between, known_again, objection
from gateway.vision.recognise.gallery import Limits

DISTANCES = (0.35, 0.375, 0.40, 0.425, 0.45, 0.475, 0.50, 0.52, 0.55, 0.60)
_SHARES = (0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2)
"""Of the YAML's distance: what the table shows of a supplied recogniser, whose scale is its own."""
_TWINS = 0.35
"""Two persons nearer than this are twins, or one person under two names."""


class _ADay(click.ParamType[float]):
    name = "N/day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = click.FLOAT.convert(str(value).strip().lower().removesuffix("/day"), param, ctx)  # type: ignore[arg-type]  # click reads strings
        return float(number) if number > 0 else self.fail(f"{value} is not more than nothing", param, ctx)


@click.command("calibrate")
@click.option(
    "--traffic", type=_ADay(), help="Strangers a day who pass the face cameras.  [default: the YAML's, or 500]"
)
@click.option("--most", type=_ADay(), help="How many of them may be taken for somebody.  [default: the YAML's, or 0.5]")
@click.option("--distance", type=click.FloatRange(0, 2, min_open=True), help="Say whether this one would do.")
@click.option(
    "--gallery",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of PERSON/*.jpg, instead of the enrolled.",
)
@config_option
@data_option
def calibrate(
    traffic: float | None,
    most: float | None,
    distance: float | None,
    gallery: Path | None,
    config: Path | None,
    data: Path,
) -> None:
    """Print what follows from every distance for this gallery and this traffic, and which one is chosen.

    The gateway chooses the same by itself from `vision.faces` in compound.yaml. With a recogniser of
    one's own the YAML's distance counts, and the gallery's own pairs of persons are all that is known.
    The exit code is 1 when --distance, or the YAML's, is refused.
    """
    said = matching_of(config)
    matching = replace(said, strangers_a_day=traffic or said.strangers_a_day, false_a_day=most or said.false_a_day)
    persons, templates = _from_photos(gallery, matching) if gallery else asyncio.run(_enrolled(data, matching))
    _print(persons, templates, matching, distance or said.distance)


def _from_photos(folder: Path, matching: FaceMatching) -> tuple[list[str], Any]:
    from gateway.vision.recognise.photos import examine_all  # noqa: PLC0415  slow to load
    from gateway.vision.recognise.supplied import face_reader  # noqa: PLC0415  slow to load

    photos = list(examine_all(face_reader(matching.models), folder))
    for photo in photos:
        if photo.fault:
            click.echo(f"warning: {photo.file}: {photo.fault.en}", err=True)
    useful = [(photo.person, photo.face.template) for photo in photos if photo.face]
    return [person for person, _ in useful], np.array([template for _, template in useful], np.float32)


async def _enrolled(data: Path, matching: FaceMatching) -> tuple[list[str], Any]:
    from gateway.people import faces  # noqa: PLC0415  slow to load

    async with Store.open(data) as store:
        known = (await faces.known(store, matching)).faces
    return [face.person_id for face in known], np.array([face.template for face in known], np.float32)


def _print(persons: Sequence[str], templates: Any, matching: FaceMatching, wanted: float | None) -> None:
    pairs, many = between(persons, templates), len(set(persons))
    own = matching.models.recogniser is not None
    lookalikes = Lookalikes(pairs, measured=not own)
    chosen = Limits.of(many, matching, lookalikes).distance
    distances = {round(chosen * share, 3) for share in _SHARES} if own else {*DISTANCES, chosen}
    console = Console(width=None if Console().is_terminal else 110)
    title = f"{many} persons, {len(persons)} photographs; {matching.strangers_a_day:g} strangers a day"
    console.print(_table(title, sorted(distances), chosen, many, lookalikes, matching))
    console.print(f"chosen: [bold]{chosen:g}[/bold], {_because(matching, chosen)}")
    console.print(_remark(pairs, own=own), end="")
    if wanted is not None and (why := objection(wanted, many, matching, lookalikes)):
        raise click.ClickException(why)


def _because(matching: FaceMatching, chosen: float) -> str:
    if matching.distance == chosen:
        return "as the YAML says"
    return f"for at most {matching.false_a_day:g} strangers misnamed a day"


def _remark(pairs: Any, *, own: bool) -> str:
    if own:
        return (
            f"The recogniser is your own: all that is known of it are {len(pairs)} pairs of persons of this gallery.\n"
        )
    twins = int((pairs < _TWINS).sum())
    alike = f"{twins} pairs of persons are nearer than {_TWINS}: twins, or one person enrolled under two names\n"
    return alike if twins else ""


def _table(
    title: str, distances: Sequence[float], chosen: float, many: int, lookalikes: Lookalikes, matching: FaceMatching
) -> Table:
    table = Table("distance", "strangers misnamed a day", "one stranger in", "known again by one look", "", title=title)
    for distance in distances:
        expected = lookalikes.false_a_day(distance, many, matching.strangers_a_day)
        rarity = matching.strangers_a_day / expected if expected else float("inf")
        refused = objection(distance, many, matching, lookalikes) is not None
        verdict = "[bold]chosen[/bold]" if distance == chosen else "refused" if refused else ""
        again = f"{known_again(distance):.0%}" if lookalikes.measured else "–"
        table.add_row(f"{distance:.3f}", f"{expected:.2g}", f"{rarity:,.0f}", again, verdict)
    return table
