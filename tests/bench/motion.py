"""`python -m tests.bench.motion`: movement in films whose truth is known, ours beside three peers, in one run.

Every film is 640×360 at 25 frames a second and holds one difficulty. `ours` is what a live camera
runs: sizes, keyframes, pixels. `every frame` is our pixels' gate alone, all being decoded: what the gates
save is what lies between. The other two are OpenCV as it is usually put together, and Debian's
`motion` with its defaults but for the pause between two events.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean

import av
import click
import cv2
from rich.console import Console
from rich.table import Table

from tests.bench import debian_motion
from tests.bench.films import films
from tests.bench.watching import Found, Score, every_frame, mixture, ours
from tests.support.film.film import Film

ROOT = Path(__file__).resolve().parents[2]
VIDEO = Path(os.environ.get("ANJU_SHARED_DATA", ROOT.parent / "shared" / "data")) / "video" / "traffic.avi"
WAYS: dict[str, Callable[[Path], Found]] = {"ours": ours, "every frame": every_frame, "OpenCV MOG2": mixture}
PEER = "Debian's motion"
SHARED_GLANCE = 13.0
"""Seconds between two keyframes where 130 cameras are all noisy and share out what a core's 3 % can decode."""
NOISY = ("noise", "dusk", "constant")


@click.command()
@click.option("--seconds", default=90.0, show_default=True, help="length of each film")
@click.option("--seed", default=1, show_default=True, help="which passers-by")
@click.option("--keep", type=click.Path(path_type=Path), help="a folder in which films stay for the next run")
def main(seconds: float, seed: int, keep: Path | None) -> None:
    cv2.setNumThreads(1)
    av.logging.set_level(av.logging.PANIC)
    console = Console(width=None if Console().is_terminal else 110)
    with tempfile.TemporaryDirectory(prefix="anju-bench-") as folder:
        run(console, seconds, seed, Path(folder), keep or Path(folder))


def run(console: Console, seconds: float, seed: int, folder: Path, kept: Path) -> None:
    """Prints two tables: all films together, and what each way finds in which."""
    kept.mkdir(parents=True, exist_ok=True)
    shown = films(seconds, seed, VIDEO)
    found: dict[str, list[Found]] = {name: [] for name in WAYS}
    for film in shown:
        with console.status(f"{film.name}: shooting and watching"):
            path = film.shoot(kept)
            for name, way in WAYS.items():
                found[name].append(way(path))
    if debian_motion.installed():
        with console.status(f"{PEER}, at the speed of life: {seconds:.0f} s"):
            clips = [kept / f"{film.name}.mp4" for film in shown]
            found[PEER] = debian_motion.watch([clip.resolve() for clip in clips], seconds, folder)
    console.print(_whole(shown, found))
    console.print(_by_film(shown, found))
    console.print(_full_house(shown, kept))
    if PEER not in found:
        console.print(f"{PEER} is not here: apt-get install {debian_motion.PACKAGE}")
    if VIDEO.exists():
        console.print(_real(VIDEO))


def _whole(shown: Sequence[Film], found: dict[str, list[Found]]) -> Table:
    events = sum(len(film.truth) for film in shown)
    busy = sum(end - start for film in shown for start, end in film.truth) / sum(film.seconds for film in shown)
    title = f"{events} passers-by in {len(shown)} films, busy {busy:.0%} of the time; CPU in ms a second of video"
    columns = ("", "found", "told after, mean", "most", "false an hour", "CPU", "× ours")
    table = Table(*columns, title=title, min_width=90)
    scores = {name: _score(shown, each) for name, each in found.items()}
    least = scores["ours"].cpu / scores["ours"].seconds
    for name, score in scores.items():
        cost = score.cpu / score.seconds
        delays = score.delays or [0.0]
        told = (f"{mean(delays):.2f} s", f"{max(delays):.1f} s")
        false = f"{score.false / score.calm * 3600:.1f}"
        table.add_row(name, f"{score.found}/{score.events}", *told, false, f"{cost * 1000:.1f}", f"{cost / least:.1f}")
    return table


def _by_film(shown: Sequence[Film], found: dict[str, list[Found]]) -> Table:
    table = Table("found (false)", *found, title="found: its start said to within a second", min_width=90)
    for number, film in enumerate(shown):
        scores = [_score([film], [each[number]]) for each in found.values()]
        cells = (f"{score.found}/{score.events}" + (f" ({score.false})" if score.false else "") for score in scores)
        table.add_row(film.name, *cells)
    return table


def _full_house(shown: Sequence[Film], kept: Path) -> str:
    """What is lost where sizes tell nothing and keyframes can't all be looked at."""
    noisy = [film for film in shown if film.name.startswith(NOISY)]
    score = _score(noisy, [ours(film.shoot(kept), blind_interval=SHARED_GLANCE) for film in noisy])
    return (
        f"{', '.join(NOISY)} in a house of 130 such cameras, a keyframe every {SHARED_GLANCE:.0f} s until"
        f" somebody was seen: found {score.found}/{score.events}, false {score.false}"
    )


def _score(shown: Sequence[Film], found: Sequence[Found]) -> Score:
    score = Score()
    for film, each in zip(shown, found, strict=True):
        score.add(each, film.truth, film.seconds)
    return score


def _real(video: Path) -> str:
    """A road that is never empty: there is nothing to save, and nothing to miss."""
    with av.open(str(video)) as container:
        seconds = float((container.duration or 0) / av.time_base)
    costs = ", ".join(f"{name} {way(video).cpu / seconds * 1000:.1f}" for name, way in WAYS.items())
    spans = ", ".join(f"{start:.1f}-{end:.1f} s" for start, end in ours(video).spans)
    return f"{video.name}, {seconds:.0f} s of traffic without a pause: moves {spans}; CPU in ms a second: {costs}"


if __name__ == "__main__":
    main()
