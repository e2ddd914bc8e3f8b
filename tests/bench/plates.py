"""`python -m tests.bench.plates`: our plates beside the former way and RapidOCR as shipped, on the same pictures.

Ours and the former way (`former_plates`) take turns picture by picture on one thread; their times are CPU time, and
only the ratio means anything. RapidOCR's answer is its surest line of text that has a plate's length once separators
are taken off. Every picture is read once more after it was saved as JPEG of quality 95: an answer that this changes
must not stand. Photographs, crops and gates are of the shared data (ANJU_SHARED_DATA) and are left out without it;
green plates are synthetic and say so.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from gateway.vision.identities import Identities, IdentityVehicle
from gateway.vision.identity_index import IdentityIndex
from gateway.vision.recognise.plate_characters import DIGITS, LETTERS
from gateway.vision.recognise.plate_grammar import normalise
from gateway.vision.recognise.plate_line import ACCEPT_SCORE
from gateway.vision.recognise.plates import PlateRead, PlateReader
from gateway.vision.recognise.voting import PlateResult
from gateway.vision.stream.file_frames import photograph
from tests.bench.former_plates import FormerReader
from tests.vision import signs

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ANJU_SHARED_DATA", ROOT.parent / "shared" / "data")) / "plates"
THREADS = 1
GREEN = 60
REGISTERED = 2000
PEER_EVERY = {"crops": 5}
"""RapidOCR takes its time over small pictures; it is asked of every fifth."""
WIDTHS = ((0, 80), (80, 120), (120, 10_000))
Picture = Any


@dataclass(frozen=True, slots=True)
class Try:
    """One picture: what stands on it, what each read, and in how many ms."""

    plate: str
    ours: PlateRead | None
    ours_ms: float
    former: PlateRead | None
    former_ms: float
    again: PlateRead | None
    """Ours of the picture saved as JPEG once more."""
    theirs: str
    """Empty when it read no plate; None in `theirs_ms` when it was not asked."""
    theirs_ms: float | None

    @property
    def right(self) -> bool:
        return self.ours is not None and self.ours.text == self.plate

    @property
    def sure(self) -> bool:
        return self.ours is not None and self.ours.score >= ACCEPT_SCORE

    @property
    def changed(self) -> bool:
        """Whether an answer stands that saving the picture again changes."""
        return self.sure and (self.again is None or self.ours is None or self.again.text != self.ours.text)


def main() -> None:
    console = Console(width=None if Console().is_terminal else 110)
    cv2.setNumThreads(THREADS)
    sets = dict(_sets(console))
    console.print(_summary(sets))
    if "photographs" in sets:
        console.print(_by_width(sets["photographs"]))
    if "crops" in sets:
        console.print(_registry(sets))


def _sets(console: Console) -> Iterator[tuple[str, list[Try]]]:
    compare = Comparison(PlateReader(threads=THREADS), FormerReader(threads=THREADS), _rapid())
    for name, folder in (("photographs", "photos"), ("crops", "crops"), ("gate", "gate")):
        files = sorted((DATA / folder).glob("*.jpg"))
        if files:
            pictures = ((normalise(file.stem.partition("~")[0]), photograph(str(file))) for file in files)
            with console.status(name):
                yield name, compare.all(pictures, PEER_EVERY.get(name, 1))
    with console.status("green"):
        yield "green, synthetic", compare.all(_green(night=False))
        yield "green at night, synthetic", compare.all(_green(night=True))


def _green(*, night: bool) -> Iterator[tuple[str, Picture]]:
    rng = np.random.default_rng(3 if night else 2)
    for _ in range(GREEN):
        text = signs.some_green(rng)
        yield text, signs.photographed(signs.green(text), rng, width=int(rng.integers(100, 180)), night=night)


@dataclass(frozen=True, slots=True)
class Comparison:
    reader: PlateReader
    former: PlateReader
    peer: Callable[[Picture], str]

    def all(self, pictures: Iterable[tuple[str, Picture]], every: int = 1) -> list[Try]:
        return [self._one(plate, picture, number % every == 0) for number, (plate, picture) in enumerate(pictures)]

    def _one(self, plate: str, picture: Picture, both: bool) -> Try:
        ours, ours_ms = _timed(self.reader, picture)
        former, former_ms = _timed(self.former, picture)
        saved = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1]
        again, _ = _timed(self.reader, cv2.imdecode(saved, cv2.IMREAD_COLOR))
        began = time.process_time()
        theirs = self.peer(picture) if both else ""
        theirs_ms = 1000 * (time.process_time() - began) if both else None
        return Try(plate, ours, ours_ms, former, former_ms, again, theirs, theirs_ms)


def _timed(reader: PlateReader, picture: Picture) -> tuple[PlateRead | None, float]:
    """The first answer, and ms of CPU time."""
    began = time.process_time()
    reads = reader.find(picture)
    return next(iter(reads), None), 1000 * (time.process_time() - began)


def _rapid() -> Callable[[Picture], str]:
    import logging

    from rapidocr import RapidOCR

    engine = RapidOCR(params={"EngineConfig.onnxruntime.intra_op_num_threads": THREADS, "Global.log_level": "error"})
    logging.getLogger("RapidOCR").setLevel(logging.ERROR)

    def read(picture: Picture) -> str:
        found: Any = engine(picture)
        lines = zip(found.txts or (), found.scores or (), strict=True)
        plates = [
            (score, text) for line, score in lines if len(text := normalise(re.sub(r"[^\w]", "", line))) in (7, 8)
        ]
        return max(plates)[1] if plates else ""

    return read


def _summary(sets: dict[str, list[Try]]) -> Table:
    title = (
        f"number plates, {THREADS} thread; standing: score of {ACCEPT_SCORE} and more; a wrong one may be another car's"
    )
    names = ("set", "pictures", "right", "standing right", "standing wrong", "changed by JPEG", "ms")
    table = Table(*names, "former right", "time to former", "RapidOCR right", "its ms", title=title)
    for name, tries in sets.items():
        both = [each for each in tries if each.theirs_ms is not None]
        ours, former = mean(each.ours_ms for each in tries), mean(each.former_ms for each in tries)
        theirs = mean(each.theirs_ms or 0 for each in both)
        table.add_row(
            name,
            str(len(tries)),
            _percent([each.right for each in tries]),
            str(sum(each.sure and each.right for each in tries)),
            str(sum(each.sure and not each.right for each in tries)),
            str(sum(each.changed for each in tries)),
            f"{ours:.0f}",
            _percent([each.former is not None and each.former.text == each.plate for each in tries]),
            f"{ours / former:.2f}×",
            _percent([each.theirs == each.plate for each in both]),
            f"{theirs:.0f} ({theirs / ours:.1f}×)",
        )
    return table


def _by_width(tries: Sequence[Try]) -> Table:
    table = Table(
        "plate's width", "photographs", "right", "RapidOCR right", title="by width in pixels, where one was found"
    )
    for least, most in WIDTHS:
        some = [each for each in tries if each.ours and least <= each.ours.box[2] < most]
        said = f"from {least}" if most > 5000 else f"{least} to {most}"
        theirs = [each.theirs == each.plate for each in some]
        table.add_row(said, str(len(some)), _percent([each.right for each in some]), _percent(theirs))
    return table


def _registry(sets: dict[str, list[Try]]) -> str:
    """Each half of the crops is registered once, among 2,000; the other half and the other sets are strangers then."""
    crops = sets["crops"]
    others = [each for name, tries in sets.items() if name != "crops" for each in tries]
    exact, helped, strangers, matched = list[bool](), list[bool](), set[str](), set[str]()
    for half in (0, 1):
        listed = crops[half::2]
        registry = _registered({each.plate for each in listed})
        absent = [each for each in [*crops[1 - half :: 2], *others] if each.ours]
        exact += [each.right for each in listed]
        helped += [_taken(registry, each)["text"] == each.plate for each in listed]
        strangers |= {each.plate for each in absent}
        matched |= {each.plate for each in absent if _taken(registry, each)["list"] is not None}
    return (
        f"registry of {REGISTERED:,}: {_percent(exact)} of {len(exact)} registered known by what was read, "
        f"{_percent(helped)} with its help; {len(matched)} of {len(strangers)} strangers matched"
    )


def _registered(plates: set[str]) -> IdentityIndex:
    rng = np.random.default_rng(5)
    plates = plates | {_random_plate(rng) for _ in range(REGISTERED - len(plates))}
    return IdentityIndex(Identities([], [IdentityVehicle(plate, None, "resident") for plate in plates]))


def _taken(registry: IdentityIndex, one: Try) -> dict[str, Any]:
    return registry.describe_plate(_verdict(one)) if one.ours else {"text": "", "list": None}


def _verdict(one: Try) -> PlateResult:
    assert one.ours is not None
    return PlateResult(one.ours.text, one.ours.score, one.ours.certainties[0])


def _random_plate(rng: np.random.Generator) -> str:
    places = ["皖皖皖苏浙", "AAAABCD", *[DIGITS + DIGITS + LETTERS] * 5]
    return "".join(str(rng.choice(list(place))) for place in places)


def _percent(outcomes: Sequence[bool]) -> str:
    return f"{100 * sum(outcomes) / len(outcomes):.1f} %" if outcomes else "–"


if __name__ == "__main__":
    main()
