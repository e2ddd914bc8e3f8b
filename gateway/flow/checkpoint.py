"""What is on record of the rules: how far each has come, and its state and pending wake-ups at some event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from gateway.rule import Rule


class Asked(NamedTuple):
    """A wake-up that is to come, and the number of the event it was asked for on."""

    time: datetime
    because: int | None


@dataclass(frozen=True, slots=True)
class Progress:
    """`seen`: the number of the last event this rule's decisions are on record for.

    `since`: it was made anew after this event (0: nobody knows), and is fed nothing up to it.
    """

    fingerprint: str
    seen: int
    since: int = 0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A rule as it was after the event `seen`; `state` and `wakes` are JSON."""

    fingerprint: str
    version: int
    seen: int
    state: bytes
    wakes: bytes


@dataclass(frozen=True, slots=True)
class OnRecord:
    """By rule; `first`: for each horizon of theirs the number of the first event received in it."""

    progress: Mapping[str, Progress] = field(default_factory=dict)
    checkpoints: Mapping[str, Checkpoint] = field(default_factory=dict)
    first: Mapping[timedelta, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Restored:
    """A checkpoint that fits its rule, read."""

    seen: int
    state: Any
    wakes: dict[str, Asked]


_WAKES = TypeAdapter(dict[str, Asked])


def dump(rule: Rule, fingerprint: str, seen: int, state: Any, wakes: dict[str, Asked]) -> Checkpoint:
    """Raises what pydantic raises where the state is not of the rule's `State`."""
    saved = _adapter(type(rule)).dump_json(state, warnings="error")
    return Checkpoint(fingerprint, rule.VERSION, seen, saved, _WAKES.dump_json(wakes))


def restore(rule: Rule, fingerprint: str, last: int, saved: Checkpoint | None) -> Restored | None:
    """None where there is none that fits: of other settings, another version, unreadable, or past the journal's end."""
    if saved is None or (saved.fingerprint, saved.version) != (fingerprint, rule.VERSION) or saved.seen > last:
        return None
    try:
        return Restored(saved.seen, _adapter(type(rule)).validate_json(saved.state), _WAKES.validate_json(saved.wakes))
    except ValidationError:
        return None


@cache
def _adapter(rule: type[Rule]) -> TypeAdapter[Any]:
    return TypeAdapter(rule.State)
