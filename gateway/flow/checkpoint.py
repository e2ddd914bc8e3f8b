"""What is on record of the rules: how far each has come, and its state and pending wake-ups after some event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from gateway.rule import Rule


class PendingWake(NamedTuple):
    """A wake-up to come, and the number of the event on which the rule asked for it."""

    time: datetime
    because: int | None


@dataclass(frozen=True, slots=True)
class Progress:
    """`seen`: the number of the last event this rule's decisions are on record for.

    `since`: it was started anew after this event (0: unknown), and is fed nothing up to it.
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
    """By rule name; `first` gives for each horizon the number of the first event received in it."""

    progress: Mapping[str, Progress] = field(default_factory=dict)
    checkpoints: Mapping[str, Checkpoint] = field(default_factory=dict)
    first: Mapping[timedelta, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Restored:
    """A checkpoint that was read and fits its rule."""

    seen: int
    state: Any
    wakes: dict[str, PendingWake]


_WAKES = TypeAdapter(dict[str, PendingWake])


def dump(rule: Rule, fingerprint: str, seen: int, state: Any, wakes: dict[str, PendingWake]) -> Checkpoint:
    """The rule's state as a checkpoint. Raises what pydantic raises when the state is not of the rule's `State`."""
    saved = _adapter(type(rule)).dump_json(state, warnings="error")
    return Checkpoint(fingerprint, rule.VERSION, seen, saved, _WAKES.dump_json(wakes))


def restore(rule: Rule, fingerprint: str, last: int, saved: Checkpoint | None) -> Restored | None:
    """The saved state, or None when none fits: other settings, another version, unreadable, past the journal's end."""
    if saved is None or (saved.fingerprint, saved.version) != (fingerprint, rule.VERSION) or saved.seen > last:
        return None
    try:
        return Restored(saved.seen, _adapter(type(rule)).validate_json(saved.state), _WAKES.validate_json(saved.wakes))
    except ValidationError:
        return None


@cache
def _adapter(rule: type[Rule]) -> TypeAdapter[Any]:
    return TypeAdapter(rule.State)
