"""One pass, one sighting: looks at the same thing are gathered and decided together. Sans-I/O.

What is gathered (plates, faces) and how it is decided is a Judge's business. `View` is whatever
shows the look to a guard; the best one's is kept, and a verdict may wait a moment for a better one.
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
_Seen_contra = TypeVar("_Seen_contra", contravariant=True)


class Voting(Protocol[_Seen_contra, Result]):
    def quality(self, item: _Seen_contra) -> float:
        """How well this look shows the thing; the highest gives the picture."""
        ...

    def matches(self, items: Sequence[_Seen_contra], item: _Seen_contra) -> bool:
        """Whether `item` may be the thing seen in `items`."""
        ...

    def decide(self, items: Sequence[_Seen_contra], *, final: bool) -> Result | None:
        """What it is, or None while that is not sure; `final` when no further look will come."""
        ...

    def identity(self, result: Result) -> Hashable:
        """By what the thing is known when it comes back in a moment; None when it has no name."""
        ...


@dataclass(slots=True)
class RecognitionTrack(Generic[Item, View, Result]):
    """The looks at one thing so far, the newest last."""

    last: float
    items: list[Item]
    best: Item
    view: View
    items_since_best: int = 0
    """Looks after the best one."""
    result: Result | None = None
    due_at: float | None = None
    """When the verdict is told at the latest; None: it has been, or there is none to tell."""


@dataclass(frozen=True, slots=True)
class TrackResult(Generic[Item, View, Result]):
    result: Result
    best: Item
    view: View
    frames: int


@dataclass(slots=True)
class RecognitionTracker(Generic[Item, View, Result]):
    """All tracks of one camera."""

    voting: Voting[Item, Result]
    lost_after: float = 1.5
    """Seconds without a look that end a track."""
    repeat_after: float = 10.0
    """Seconds out of sight after which the same plate or person is news again."""
    max_wait: float = 0.0
    """Seconds for which a verdict waits at most for a look that shows the thing better."""
    is_urgent: Callable[[Result], bool] = lambda _verdict: False
    """An urgent verdict waits no longer than URGENT seconds."""
    max_worse: int = 2
    """Looks that may be no better meanwhile: sizes are found in steps, so that not every nearer look is worth more."""
    max_tracks: int = 16
    max_items: int = 40
    _tracks: list[RecognitionTrack[Item, View, Result]] = field(default_factory=list)
    _reported: dict[Hashable, float] = field(default_factory=dict)

    def update(self, time: float, items: Sequence[Item], view: View) -> list[TrackResult[Item, View, Result]]:
        """One look at the whole picture; what became sure with it."""
        lost = self._end_lost(time)
        updated = [self._add_item(time, item, view) for item in items]
        decided = [self._decide(track, time) for track in updated]
        evicted, self._tracks = self._tracks[: -self.max_tracks], self._tracks[-self.max_tracks :]
        last = [self._report(track) for track in evicted if track.due_at is not None]
        return lost + [one for one in decided if one is not None] + last + self._report_waiting(time)

    def advance(self, time: float) -> list[TrackResult[Item, View, Result]]:
        """End the tracks of what is gone, and tell what has waited long enough."""
        return self._end_lost(time) + self._report_waiting(time)

    def finish(self) -> list[TrackResult[Item, View, Result]]:
        """End all tracks: nothing more will come."""
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
        """The track's verdict, once, and not again for what was here a moment ago."""
        if track.result is None:
            track.result = self.voting.decide(track.items, final=final)
            if track.result is None:
                return None
            is_new = self.voting.identity(track.result) not in self._reported
            max_wait = min(self.max_wait, MAX_URGENT_WAIT) if self.is_urgent(track.result) else self.max_wait
            track.due_at = time + max_wait if is_new else None
        self._remember(track.result, track.last)
        is_waiting = track.due_at is not None and time < track.due_at and track.items_since_best < self.max_worse
        return None if track.due_at is None or (is_waiting and not final) else self._report(track)

    def _report(self, track: RecognitionTrack[Item, View, Result]) -> TrackResult[Item, View, Result]:
        assert track.result is not None, "only a verdict has a time to be told"
        track.due_at = None
        return TrackResult(track.result, track.best, track.view, len(track.items))

    def _remember(self, result: Result, time: float) -> None:
        identity = self.voting.identity(result)
        if identity is not None:
            self._reported[identity] = time
