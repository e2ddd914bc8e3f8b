"""`anju faces calibrate`: how alike two faces must be, by how many strangers would be misnamed a day."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from gateway.cli.common import data_option
from gateway.cli.faces.options import config_option, matching_of
from gateway.store import Store
from gateway.vision.face_matching import MAX_DISTANCE, FaceMatching
from gateway.vision.recognise.chances import Lookalikes, between, known_again, objection
from gateway.vision.recognise.gallery import Limits

DISTANCES = (0.35, 0.375, 0.40, 0.425, 0.45, 0.475, 0.50, 0.52, 0.55, 0.60)
_SHARES = (0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2)
"""Of the YAML's distance: what the table shows of a supplied recogniser, whose scale is its own."""
_LEAST, _RAREST = 0.001, 1_000_000
"""Figures beyond these are not told apart: one stranger in three years is as good as none."""
_NOBODY = f"""nobody is enrolled, so nobody can be taken for somebody else: there is nothing to calibrate yet.
Take photographs in with `anju faces enrol`, or name a folder of PERSON/*.jpg with --gallery.
However few are enrolled, the gateway goes no wider than {MAX_DISTANCE}: beyond it twins in dress and beard begin."""
_TWINS = 0.35
"""Two persons nearer than this are twins, or one person under two names."""


class _ADay(click.ParamType[float]):
    name = "N/day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = click.FLOAT.convert(str(value).strip().lower().removesuffix("/day"), param, ctx)  # type: ignore[arg-type]  # click reads strings
        good = isfinite(number) and number > 0
        return float(number) if good else self.fail(f"{value} is no number above 0", param, ctx)


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
        known = (await faces.load_identities(store, matching)).faces
    return [face.person_id for face in known], np.array([face.template for face in known], np.float32)


def _print(persons: Sequence[str], templates: Any, matching: FaceMatching, wanted: float | None) -> None:
    pairs, many = between(persons, templates), len(set(persons))
    own = matching.models.recogniser is not None
    lookalikes = Lookalikes(pairs, measured=not own)
    chosen = Limits.of(many, matching, lookalikes).distance
    distances = {round(chosen * share, 3) for share in _SHARES} if own else {*DISTANCES, chosen}
    console = Console(width=None if Console().is_terminal else 110)
    title = f"{many} persons, {len(persons)} photographs; {matching.strangers_a_day:g} strangers a day"
    if persons:
        console.print(_table(title, sorted(distances), chosen, many, lookalikes, matching))
    else:
        click.echo(_NOBODY)
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
        verdict = "[bold]chosen[/bold]" if distance == chosen else _refused(distance, expected, matching, lookalikes)
        again = f"{known_again(distance):.0%}" if lookalikes.measured else "–"
        a_day = f"{expected:.2g}" if expected >= _LEAST else f"under {_LEAST:g}"
        table.add_row(f"{distance:.3f}", a_day, _rarity(expected, matching), again, verdict)
    return table


def _rarity(expected: float, matching: FaceMatching) -> str:
    """How many strangers pass for each who is misnamed."""
    if expected * _RAREST <= matching.strangers_a_day:
        return f"over {_RAREST:,}"
    return f"{matching.strangers_a_day / expected:,.0f}"


def _refused(distance: float, expected: float, matching: FaceMatching, lookalikes: Lookalikes) -> str:
    """In a word or two why the gateway would not take it; empty where it would."""
    if expected > matching.false_a_day:
        return f"refused: over {matching.false_a_day:g} a day"
    return f"refused: wider than {MAX_DISTANCE}" if lookalikes.measured and distance > MAX_DISTANCE else ""
