"""How long it took to acknowledge and to arrive, by shift and severity, against the limits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.figures.facts import AlertFact
from gateway.figures.period import DAY, NIGHT, Period
from gateway.model import Severity


@dataclass(frozen=True, slots=True)
class ResponseLimit:
    """How soon an alert must be acknowledged, and how soon after that somebody must be on the scene (None: nobody)."""

    acknowledge: timedelta
    arrive: timedelta | None


Limits = Callable[[AlertFact], ResponseLimit]
_HOLD_UP = frozenset({"fire.alarm", "panic.pressed", "duress.entered"})
_DEFAULT_ARRIVAL = timedelta(minutes=5)


def default_limits(alert: AlertFact) -> ResponseLimit:
    """EN 50518: 30 s for fire and hold-up, 90 s for all others."""
    return ResponseLimit(timedelta(seconds=30 if alert.kind in _HOLD_UP else 90), _DEFAULT_ARRIVAL)


@dataclass(frozen=True, slots=True)
class Response:
    """One kind of response of one shift: seconds, and how many were within their limit.

    `count` is the number of alerts whose time has come: answered, or unanswered beyond the limit. An alert that nobody
    answered has no time, so it is not in the percentiles; it is never `within`.
    """

    shift: str
    severity: str
    what: str
    count: int
    answered: int
    within: int
    p50_s: float | None
    p95_s: float | None

    @property
    def share(self) -> float | None:
        """The share within the limit; None without alerts."""
        return self.within / self.count if self.count else None


def responses(alerts: Iterable[AlertFact], period: Period, now: datetime, limits: Limits) -> list[Response]:
    """By shift (day, night), what (acknowledge, arrive) and severity (first all together, then the gravest)."""
    samples: dict[tuple[str, str, str], list[tuple[float | None, bool]]] = {}
    for alert in alerts:
        shift, limit = period.local(alert.raised_at).shift, limits(alert)
        pairs = (
            ("acknowledge", alert.raised_at, alert.acknowledged_at, limit.acknowledge),
            ("arrive", alert.acknowledged_at, alert.on_scene_at, limit.arrive),
        )
        for what, since, at, within in pairs:
            if since is None or within is None:
                continue  # nobody has acknowledged it yet, or nobody has to go
            if (sample := _sample(alert, what, since, at, within, now)) is not None:
                samples.setdefault((shift, what, "all"), []).append(sample)
                samples.setdefault((shift, what, alert.severity.word), []).append(sample)
    severities = ["all", *(severity.word for severity in sorted(Severity, reverse=True))]
    keys = [(shift, what, word) for shift in (DAY, NIGHT) for what in ("acknowledge", "arrive") for word in severities]
    return [_response(key, samples.get(key, [])) for key in keys]


def _sample(
    alert: AlertFact, what: str, since: datetime, at: datetime | None, limit: timedelta, now: datetime
) -> tuple[float | None, bool] | None:
    if at is not None:
        seconds = max(0.0, (at - since).total_seconds())  # a clock that was set back makes it negative
        return seconds, seconds <= limit.total_seconds()
    if what == "arrive" and alert.closed_at is not None:
        return None  # closed from the desk: nobody had to go there
    missed = alert.closed_at is None and now - since > limit
    return (None, False) if missed else None


def _response(key: tuple[str, str, str], samples: Sequence[tuple[float | None, bool]]) -> Response:
    shift, what, severity = key
    times = sorted(seconds for seconds, _within in samples if seconds is not None)
    within = sum(within for _seconds, within in samples)
    return Response(
        shift, severity, what, len(samples), len(times), within, percentile(times, 50), percentile(times, 95)
    )


def percentile(ordered: Sequence[float], percent: float) -> float | None:
    """The nearest rank: a value that really occurred. None of nothing."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else None
