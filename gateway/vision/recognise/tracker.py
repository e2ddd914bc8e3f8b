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
Verdict = TypeVar("Verdict")
MAX_URGENT_WAIT = 1.0
_Seen_contra = TypeVar("_Seen_contra", contravariant=True)


class Voting(Protocol[_Seen_contra, Verdict]):
    def worth(self, item: _Seen_contra) -> float:
        """How well this look shows the thing; the highest gives the picture."""
        ...

    def same(self, looks: Sequence[_Seen_contra], item: _Seen_contra) -> bool:
        """Whether `item` may be the thing seen in `looks`."""
        ...

    def decide(self, looks: Sequence[_Seen_contra], *, over: bool) -> Verdict | None:
        """What it is, or None while that is not sure; `over` when no further look will come."""
        ...

    def name(self, verdict: Verdict) -> Hashable:
        """By what the thing is known when it comes back in a moment; None when it has no name."""
        ...


@dataclass(slots=True)
class RecognitionTrack(Generic[Item, View, Verdict]):
    """The looks at one thing so far, the newest last."""

    last: float
    looks: list[Item]
    best: Item
    view: View
    since_best: int = 0
    """Looks after the best one."""
    verdict: Verdict | None = None
    due: float | None = None
    """When the verdict is told at the latest; None: it has been, or there is none to tell."""


@dataclass(frozen=True, slots=True)
class TrackResult(Generic[Item, View, Verdict]):
    verdict: Verdict
    best: Item
    view: View
    looks: int


@dataclass(slots=True)
class RecognitionTracker(Generic[Item, View, Verdict]):
    """All tracks of one camera."""

    judge: Voting[Item, Verdict]
    gone_after: float = 1.5
    """Seconds without a look that end a track."""
    again_after: float = 10.0
    """Seconds out of sight after which the same plate or person is news again."""
    hold: float = 0.0
    """Seconds for which a verdict waits at most for a look that shows the thing better."""
    is_urgent: Callable[[Verdict], bool] = lambda _verdict: False
    """An urgent verdict waits no longer than URGENT seconds."""
    patience: int = 2
    """Looks that may be no better meanwhile: sizes are found in steps, so that not every nearer look is worth more."""
    most: int = 16
    most_looks: int = 40
    _tracks: list[RecognitionTrack[Item, View, Verdict]] = field(default_factory=list)
    _said: dict[Hashable, float] = field(default_factory=dict)

    def see(self, time: float, items: Sequence[Item], view: View) -> list[TrackResult[Item, View, Verdict]]:
        """One look at the whole picture; what became sure with it."""
        gone = self._end(time)
        touched = [self._gather(time, item, view) for item in items]
        decided = [self._decide(track, time) for track in touched]
        crowded_out, self._tracks = self._tracks[: -self.most], self._tracks[-self.most :]
        last = [self._tell(track) for track in crowded_out if track.due is not None]
        return gone + [one for one in decided if one is not None] + last + self._waited(time)

    def pass_time(self, time: float) -> list[TrackResult[Item, View, Verdict]]:
        """End the tracks of what is gone, and tell what has waited long enough."""
        return self._end(time) + self._waited(time)

    def finish(self) -> list[TrackResult[Item, View, Verdict]]:
        """End all tracks: nothing more will come."""
        return self.pass_time(inf)

    def _end(self, time: float) -> list[TrackResult[Item, View, Verdict]]:
        gone = [track for track in self._tracks if time - track.last > self.gone_after]
        self._tracks = [track for track in self._tracks if time - track.last <= self.gone_after]
        self._said = {name: last for name, last in self._said.items() if time - last <= self.again_after}
        decided = [self._decide(track, time, over=True) for track in gone]
        return [one for one in decided if one is not None]

    def _waited(self, time: float) -> list[TrackResult[Item, View, Verdict]]:
        return [self._tell(track) for track in self._tracks if track.due is not None and time >= track.due]

    def _gather(self, time: float, item: Item, view: View) -> RecognitionTrack[Item, View, Verdict]:
        for track in self._tracks:
            if self.judge.same(track.looks, item):
                break
        else:
            track = RecognitionTrack(time, [], item, view)
            self._tracks.append(track)
        track.last = time
        track.looks = [*track.looks, item][-self.most_looks :]
        track.since_best += 1
        if len(track.looks) == 1 or self.judge.worth(item) > self.judge.worth(track.best):
            track.best, track.view, track.since_best = item, view, 0
        return track

    def _decide(
        self, track: RecognitionTrack[Item, View, Verdict], time: float, *, over: bool = False
    ) -> TrackResult[Item, View, Verdict] | None:
        """The track's verdict, once, and not again for what was here a moment ago."""
        if track.verdict is None:
            track.verdict = self.judge.decide(track.looks, over=over)
            if track.verdict is None:
                return None
            news = self.judge.name(track.verdict) not in self._said
            hold = min(self.hold, MAX_URGENT_WAIT) if self.is_urgent(track.verdict) else self.hold
            track.due = time + hold if news else None
        self._remember(track.verdict, track.last)
        waits = track.due is not None and time < track.due and track.since_best < self.patience
        return None if track.due is None or (waits and not over) else self._tell(track)

    def _tell(self, track: RecognitionTrack[Item, View, Verdict]) -> TrackResult[Item, View, Verdict]:
        assert track.verdict is not None, "only a verdict has a time to be told"
        track.due = None
        return TrackResult(track.verdict, track.best, track.view, len(track.looks))

    def _remember(self, verdict: Verdict, time: float) -> None:
        name = self.judge.name(verdict)
        if name is not None:
            self._said[name] = time
