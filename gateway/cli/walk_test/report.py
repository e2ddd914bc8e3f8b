"""The acceptance report of a walk test: one page to print and sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway.cli.walk_test.texts import RESULTS, TEXTS
from gateway.cli.walk_test.trials import Trial, TrialResult, WalkTest
from gateway.model import Device, Place
from gateway.model.kind_words import kind_words


@dataclass(frozen=True, slots=True)
class WalkTestInfo:
    """The data of a test for its report. `devices`: all of the configuration, by id; `within`: seconds allowed."""

    compound: str
    language: str
    by: str
    began: datetime
    clock: ZoneInfo
    within: float
    is_timed: bool
    devices: Mapping[str, Device]
    places: Mapping[str, Place]

    def text(self, key: str, **values: object) -> str:
        """The text with this key in the report's language."""
        return TEXTS[key][self.language].format(**values)

    def place_of(self, device: Device) -> str:
        """The name of the device's place."""
        place = self.places.get(device.place)
        return place.name[self.language] if place else device.place


def render(info: WalkTestInfo, test: WalkTest, ended: datetime) -> str:
    """The report as HTML."""
    pages = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined)
    return pages.get_template("report.html").render(
        language="zh-CN" if info.language == "zh" else "en",
        texts={name: words[info.language] for name, words in TEXTS.items()},
        compound=info.compound,
        by=info.by,
        began=_format_time(info, info.began),
        ended=_format_time(info, ended),
        passed=passed_text(info, test),
        limit=info.text("limit", within=f"{info.within:g}"),
        timed=info.text("timed" if info.is_timed else "untimed"),
        rows=[row(info, trial) for trial in test.trials],
    )


def passed_text(info: WalkTestInfo, test: WalkTest) -> str:
    """How many zones passed, such as `3 of 4 passed`."""
    return info.text("passed", ok=test.count(TrialResult.OK), all=len(test.trials))


def row(info: WalkTestInfo, trial: Trial) -> dict[str, object]:
    """The cells of one zone in the table, on screen and paper."""
    others = (info.devices[other].name if other in info.devices else other for other in trial.others)
    return {
        "id": trial.device.id,
        "name": trial.device.name,
        "place": info.place_of(trial.device),
        "kind": kind_words(trial.kind)[info.language],
        "signal_after": _seconds(trial.signal_after),
        "alert_after": _seconds(trial.alert_after),
        "result": RESULTS[trial.result][info.language],
        "others": "、".join(others) if info.language == "zh" else ", ".join(others),
        "good": trial.result is TrialResult.OK,
    }


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _format_time(info: WalkTestInfo, at: datetime) -> str:
    return f"{at.astimezone(info.clock):%Y-%m-%d %H:%M:%S}"
