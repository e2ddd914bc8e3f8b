"""Counts what was refused, and logs it at most once a minute for each reason."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from gateway.model import Text

log = structlog.get_logger(__name__)
Clock = Callable[[], float]
LOG_INTERVAL_S = 60.0
"""A flood of refusals must not become a flood of log lines."""


@dataclass(slots=True)
class _Tally:
    total: int = 0
    unlogged: int = 0
    last_at: float = 0.0
    logged_at: float | None = None
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was refused, and why. `source` names the listener or device. `grave`: a quota is spent; a person must act.

    Each distinct Refusal is counted for the life of the process, so `source` and `why` must come from the program or
    the configuration, never from outside.
    """

    source: str
    why: Text
    grave: bool = False


class RefusalLog:
    """The counts of all refusals since the start."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._tallies: dict[Refusal, _Tally] = {}

    def note(self, refusal: Refusal, **details: str) -> None:
        """Count one more; `details` of the latest one go into the log: its address, its account."""
        tally = self._tallies.setdefault(refusal, _Tally())
        tally.total += 1
        tally.unlogged += 1
        tally.last_at, tally.details = self._clock(), details
        self._log(refusal, tally)

    def flush(self, *, at_once: bool = False) -> None:
        """Log what has not been logged yet and is due; everything when `at_once`, for the end of the process."""
        for refusal, tally in self._tallies.items():
            if at_once:
                tally.logged_at = None
            self._log(refusal, tally)

    def counts(self) -> Mapping[Refusal, int]:
        """How many of each since the start."""
        return {refusal: tally.total for refusal, tally in self._tallies.items()}

    def recent(self, seconds: float = LOG_INTERVAL_S) -> list[Refusal]:
        """The refusals that occurred within the last `seconds`."""
        since = self._clock() - seconds
        return [refusal for refusal, tally in self._tallies.items() if tally.last_at >= since]

    def _log(self, refusal: Refusal, tally: _Tally) -> None:
        now = self._clock()
        if tally.unlogged and (tally.logged_at is None or now - tally.logged_at >= LOG_INTERVAL_S):
            log.warning(
                "refused",
                source=refusal.source,
                why=str(refusal.why),
                times=tally.unlogged,
                since_start=tally.total,
                **tally.details,
            )
            tally.unlogged, tally.logged_at = 0, now
