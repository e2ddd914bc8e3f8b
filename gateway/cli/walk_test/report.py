"""The acceptance report of a walk test: one page to print and sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway.cli.kind_words import kind_words
from gateway.cli.walk_test.tour import Tour, Trial, Verdict
from gateway.cli.walk_test.words import SAYS, VERDICTS
from gateway.model import Device, Place


@dataclass(frozen=True, slots=True)
class Occasion:
    """Who tested what and when. `names` are those of every device, `places` those of the compound."""

    compound: str
    language: str
    by: str
    began: datetime
    clock: ZoneInfo
    within: float
    is_timed: bool
    devices: Mapping[str, Device]
    places: Mapping[str, Place]

    def say(self, what: str, **values: object) -> str:
        return SAYS[what][self.language].format(**values)

    def place_of(self, device: Device) -> str:
        place = self.places.get(device.place)
        return place.name[self.language] if place else device.place


def page(occasion: Occasion, tour: Tour, ended: datetime) -> str:
    """The report as HTML."""
    pages = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined)
    return pages.get_template("report.html").render(
        language="zh-CN" if occasion.language == "zh" else "en",
        say={name: words[occasion.language] for name, words in SAYS.items()},
        compound=occasion.compound,
        by=occasion.by,
        began=_written(occasion, occasion.began),
        ended=_written(occasion, ended),
        passed=passed(occasion, tour),
        limit=occasion.say("limit", within=f"{occasion.within:g}"),
        timed=occasion.say("timed" if occasion.is_timed else "untimed"),
        rows=[row(occasion, trial) for trial in tour.trials],
    )


def passed(occasion: Occasion, tour: Tour) -> str:
    return occasion.say("passed", ok=tour.count(Verdict.OK), all=len(tour.trials))


def row(occasion: Occasion, trial: Trial) -> dict[str, object]:
    """One zone, in words."""
    others = (occasion.devices[other].name if other in occasion.devices else other for other in trial.others)
    return {
        "id": trial.device.id,
        "name": trial.device.name,
        "place": occasion.place_of(trial.device),
        "kind": kind_words(trial.kind)[occasion.language],
        "heard": _seconds(trial.heard_after),
        "rang": _seconds(trial.rang_after),
        "verdict": VERDICTS[trial.verdict][occasion.language],
        "others": "、".join(others) if occasion.language == "zh" else ", ".join(others),
        "good": trial.verdict is Verdict.OK,
    }


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _written(occasion: Occasion, at: datetime) -> str:
    return f"{at.astimezone(occasion.clock):%Y-%m-%d %H:%M:%S}"
