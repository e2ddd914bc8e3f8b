"""`anju faces calibrate`: shows and checks the distance threshold by the false matches a day that it would give."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from gateway.cli.common import data_option
from gateway.cli.faces.options import config_option, load_matching
from gateway.store import Store
from gateway.vision.face_matching import MAX_DISTANCE, FaceMatching
from gateway.vision.recognise.false_match_rate import (
    ImpostorDistances,
    impostor_distances,
    reason_to_reject,
    true_match_rate,
)
from gateway.vision.recognise.gallery import MatchLimits

DISTANCES = (0.35, 0.375, 0.40, 0.425, 0.45, 0.475, 0.50, 0.52, 0.55, 0.60)
_DISTANCE_FACTORS = (0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2)
"""Rows of the table for the installer's own recogniser, as factors of the YAML's distance: its scale is unknown."""
_MIN_RATE, _MAX_RARITY = 0.001, 1_000_000
"""Figures beyond these are shown as "under" and "over": one false match in three years is as good as none."""
_EMPTY_GALLERY = f"""nobody is enrolled, so there are no false matches: nothing to calibrate yet.
Enrol photographs with `anju faces enrol`, or give a folder of PERSON/*.jpg with --gallery.
However few are enrolled, the gateway accepts no distance above {MAX_DISTANCE}: beyond it people alike match."""
_TWIN_DISTANCE = 0.35
"""Two enrolled persons nearer than this are twins, or one person under two names."""


class _PerDay(click.ParamType[float]):
    """A number above 0, with or without `/day`."""

    name = "N/day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = click.FLOAT.convert(str(value).strip().lower().removesuffix("/day"), param, ctx)  # type: ignore[arg-type]  # click reads strings
        is_valid = isfinite(number) and number > 0
        return float(number) if is_valid else self.fail(f"{value} is no number above 0", param, ctx)


@click.command("calibrate")
@click.option(
    "--traffic", type=_PerDay(), help="Strangers a day who pass the face cameras.  [default: the YAML's, or 500]"
)
@click.option("--most", type=_PerDay(), help="False matches allowed a day.  [default: the YAML's, or 0.5]")
@click.option("--distance", type=click.FloatRange(0, 2, min_open=True), help="Check whether this distance is accepted.")
@click.option(
    "--gallery",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of PERSON/*.jpg instead of the enrolled persons.",
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
    """Print the false match rate of each distance for this gallery and traffic, and which distance is chosen.

    The gateway chooses the same one from `vision.faces` in compound.yaml. With a recogniser of your own the YAML's
    distance applies, and the pairs of persons in the gallery are the only evidence.
    The exit code is 1 if --distance, or the YAML's, is rejected.
    """
    configured = load_matching(config)
    matching = replace(
        configured, strangers_a_day=traffic or configured.strangers_a_day, false_a_day=most or configured.false_a_day
    )
    persons, templates = _from_photos(gallery, matching) if gallery else asyncio.run(_enrolled(data, matching))
    _print(persons, templates, matching, distance or configured.distance)


def _from_photos(folder: Path, matching: FaceMatching) -> tuple[list[str], Any]:
    from gateway.vision.recognise.custom_face_models import create_face_reader  # noqa: PLC0415  slow to load
    from gateway.vision.recognise.photos import examine_all  # noqa: PLC0415  slow to load

    photos = list(examine_all(create_face_reader(matching.models), folder))
    for photo in photos:
        if photo.fault:
            click.echo(f"warning: {photo.file}: {photo.fault.en}", err=True)
    useful = [(photo.person, photo.face.template) for photo in photos if photo.face]
    return [person for person, _ in useful], np.array([template for _, template in useful], np.float32)


async def _enrolled(data: Path, matching: FaceMatching) -> tuple[list[str], Any]:
    from gateway.people import faces  # noqa: PLC0415  slow to load

    async with Store.open(data) as store:
        enrolled = (await faces.load_identities(store, datetime.now(UTC), matching)).faces
    return [face.person_id for face in enrolled], np.array([face.template for face in enrolled], np.float32)


def _print(persons: Sequence[str], templates: Any, matching: FaceMatching, distance: float | None) -> None:
    pairs, person_count = impostor_distances(persons, templates), len(set(persons))
    is_custom = matching.models.recogniser is not None
    impostors = ImpostorDistances(pairs, measured=not is_custom)
    chosen = MatchLimits.choose(person_count, matching, impostors).distance
    # The scale of a recogniser of one's own is unknown, so rows are relative to the chosen distance.
    distances = {round(chosen * share, 3) for share in _DISTANCE_FACTORS} if is_custom else {*DISTANCES, chosen}
    console = Console(width=None if Console().is_terminal else 110)
    title = f"{person_count} persons, {len(persons)} photographs; {matching.strangers_a_day:g} strangers a day"
    if persons:
        console.print(_table(title, sorted(distances), chosen, person_count, impostors, matching))
    else:
        click.echo(_EMPTY_GALLERY)
    console.print(f"chosen: [bold]{chosen:g}[/bold], {_chosen_by(matching, chosen)}")
    console.print(_note_on_gallery(pairs, is_custom=is_custom), end="")
    if distance is not None and (why := reason_to_reject(distance, person_count, matching, impostors)):
        raise click.ClickException(why)


def _chosen_by(matching: FaceMatching, chosen: float) -> str:
    if matching.distance == chosen:
        return "as the YAML says"
    return f"for at most {matching.false_a_day:g} false matches a day"


def _note_on_gallery(pairs: Any, *, is_custom: bool) -> str:
    if is_custom:
        return f"The recogniser is your own: {len(pairs)} pairs of persons of this gallery are the only evidence.\n"
    twin_count = int((pairs < _TWIN_DISTANCE).sum())
    cause = "twins, or one person enrolled under two names"
    remark = f"{twin_count} pairs of persons are nearer than {_TWIN_DISTANCE}: {cause}\n"
    return remark if twin_count else ""


def _table(
    title: str,
    distances: Sequence[float],
    chosen: float,
    person_count: int,
    impostors: ImpostorDistances,
    matching: FaceMatching,
) -> Table:
    table = Table("distance", "false matches a day", "one stranger in", "recognised by one look", "", title=title)
    for distance in distances:
        expected = impostors.false_matches_a_day(distance, person_count, matching.strangers_a_day)
        remark = "[bold]chosen[/bold]" if distance == chosen else _rejection(distance, expected, matching, impostors)
        # dlib's measured true match rates say nothing about another model.
        true_rate = f"{true_match_rate(distance):.0%}" if impostors.measured else "–"
        a_day = f"{expected:.2g}" if expected >= _MIN_RATE else f"under {_MIN_RATE:g}"
        table.add_row(f"{distance:.3f}", a_day, _rarity(expected, matching), true_rate, remark)
    return table


def _rarity(expected: float, matching: FaceMatching) -> str:
    """Number of strangers per false match."""
    if expected * _MAX_RARITY <= matching.strangers_a_day:
        return f"over {_MAX_RARITY:,}"
    return f"{matching.strangers_a_day / expected:,.0f}"


def _rejection(distance: float, expected: float, matching: FaceMatching, impostors: ImpostorDistances) -> str:
    """Why the gateway would reject this distance, in a few words; empty if it would not."""
    if expected > matching.false_a_day:
        return f"refused: over {matching.false_a_day:g} a day"
    return f"refused: wider than {MAX_DISTANCE}" if impostors.measured and distance > MAX_DISTANCE else ""
