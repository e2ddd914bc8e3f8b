"""Tracks a face or plate over the frames of one pass and decides once what it is. Sans-I/O.

A `Voting` knows how items (plates, faces) are compared and decided. `View` is whatever shows the item to a guard;
the best one is kept, and a decision may wait a moment for a better one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Generic, Protocol, TypeVar

Item = TypeVar("Item")
View = TypeVar("View")
Result = TypeVar("Result")
MAX_URGENT_WAIT = 1.0
"""Seconds that an urgent decision waits for a better view, at most."""
_Seen_contra = TypeVar("_Seen_contra", contravariant=True)


class Voting(Protocol[_Seen_contra, Result]):
    """How the items of one track are compared and decided."""

    def quality(self, item: _Seen_contra) -> float:
        """How well this item shows the thing; the best one gives the picture."""
        ...

    def matches(self, items: Sequence[_Seen_contra], item: _Seen_contra) -> bool:
        """Whether `item` may be the thing seen in `items`."""
        ...

    def decide(self, items: Sequence[_Seen_contra], *, final: bool) -> Result | None:
        """What it is, or None while undecided; `final` if no further item will come."""
        ...

    def identity(self, result: Result) -> Hashable:
        """What the thing is recognised by if it returns shortly; None if it has no identity."""
        ...


@dataclass(slots=True)
class RecognitionTrack(Generic[Item, View, Result]):
    """The items of one thing so far, newest last."""

    last: float
    items: list[Item]
    best: Item
    view: View
    items_since_best: int = 0
    """Items after the best one."""
    result: Result | None = None
    due_at: float | None = None
    """When the decision is reported at the latest; None if it has been, or if there is none to report."""


@dataclass(frozen=True, slots=True)
class TrackResult(Generic[Item, View, Result]):
    """A decision to report. `frames` is the number of items that it was made of."""

    result: Result
    best: Item
    view: View
    frames: int


@dataclass(slots=True)
class RecognitionTracker(Generic[Item, View, Result]):
    """All tracks of one camera."""

    voting: Voting[Item, Result]
    lost_after: float = 1.5
    """Seconds without an item that end a track."""
    repeat_after: float = 10.0
    """Seconds out of sight after which the same plate or person is reported again."""
    max_wait: float = 0.0
    """Seconds that a decision waits for an item that shows the thing better, at most."""
    is_urgent: Callable[[Result], bool] = lambda _verdict: False
    """An urgent decision waits MAX_URGENT_WAIT seconds at most."""
    max_worse: int = 2
    """Consecutive items no better than the best that end the wait. More than one, because detectors find sizes
    in steps, so that not every nearer item is better."""
    max_tracks: int = 16
    max_items: int = 40
    _tracks: list[RecognitionTrack[Item, View, Result]] = field(default_factory=list)
    _reported: dict[Hashable, float] = field(default_factory=dict)

    def update(self, time: float, items: Sequence[Item], view: View) -> list[TrackResult[Item, View, Result]]:
        """Feed the items of one frame; returns what is decided now."""
        lost = self._end_lost(time)
        updated = [self._add_item(time, item, view) for item in items]
        decided = [self._decide(track, time) for track in updated]
        evicted, self._tracks = self._tracks[: -self.max_tracks], self._tracks[-self.max_tracks :]
        # An evicted track's decision is reported at once, or a crowd would lose it.
        last = [self._report(track) for track in evicted if track.due_at is not None]
        return lost + [one for one in decided if one is not None] + last + self._report_waiting(time)

    def advance(self, time: float) -> list[TrackResult[Item, View, Result]]:
        """End the tracks of what is gone, and report what has waited long enough."""
        return self._end_lost(time) + self._report_waiting(time)

    def finish(self) -> list[TrackResult[Item, View, Result]]:
        """End all tracks: no further items will come."""
        return self.advance(inf)

    def _end_lost(self, time: float) -> list[TrackResult[Item, View, Result]]:
        lost = [track for track in self._tracks if time - track.last > self.lost_after]
        self._tracks = [track for track in self._tracks if time - track.last <= self.lost_after]
        self._reported = {
            identity: last for identity, last in self._reported.items() if time - last <= self.repeat_after
        }
        decided = [self._decide(track, time, final=True) for track in lost]
        return [one for one in decided if one is not None]

    def _report_waiting(self, time: float) -> list[TrackResult[Item, View, Result]]:
        return [self._report(track) for track in self._tracks if track.due_at is not None and time >= track.due_at]

    def _add_item(self, time: float, item: Item, view: View) -> RecognitionTrack[Item, View, Result]:
        for track in self._tracks:
            if self.voting.matches(track.items, item):
                break
        else:
            track = RecognitionTrack(time, [], item, view)
            self._tracks.append(track)
        track.last = time
        track.items = [*track.items, item][-self.max_items :]
        track.items_since_best += 1
        if len(track.items) == 1 or self.voting.quality(item) > self.voting.quality(track.best):
            track.best, track.view, track.items_since_best = item, view, 0
        return track

    def _decide(
        self, track: RecognitionTrack[Item, View, Result], time: float, *, final: bool = False
    ) -> TrackResult[Item, View, Result] | None:
        """The track's decision, once, unless the same identity was reported shortly before."""
        if track.result is None:
            track.result = self.voting.decide(track.items, final=final)
            if track.result is None:
                return None
            is_new = self.voting.identity(track.result) not in self._reported
            max_wait = min(self.max_wait, MAX_URGENT_WAIT) if self.is_urgent(track.result) else self.max_wait
            track.due_at = time + max_wait if is_new else None
        # even if not reported: what stays in view must not be reported again later
        self._remember(track.result, track.last)
        is_waiting = track.due_at is not None and time < track.due_at and track.items_since_best < self.max_worse
        return None if track.due_at is None or (is_waiting and not final) else self._report(track)

    def _report(self, track: RecognitionTrack[Item, View, Result]) -> TrackResult[Item, View, Result]:
        assert track.result is not None, "only a decided track has `due_at`"
        track.due_at = None
        return TrackResult(track.result, track.best, track.view, len(track.items))

    def _remember(self, result: Result, time: float) -> None:
        identity = self.voting.identity(result)
        if identity is not None:
            self._reported[identity] = time
