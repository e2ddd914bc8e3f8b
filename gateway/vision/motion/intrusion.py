"""Lines crossed and zones lingered in, from tracks. Sans-I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.model import Json
from gateway.vision.motion.blob_tracker import BlobTrack, BlobTracker
from gateway.vision.motion.blobs import Blob, RelativeBox
from gateway.vision.motion.scene_layout import ImageZone, Point, SceneLayout, Tripwire


@dataclass(frozen=True, slots=True)
class Observation:
    """Something an object.seen tells of; `data` has its `event`."""

    start: float
    box: RelativeBox
    data: Json


class IntrusionDetector:
    """Feed it the patches of every look."""

    SURE = 3
    """Looks that a thing must have been followed for."""
    STANDS = 12.0
    """Seconds for which somebody in a zone may stand so still that nothing is seen of them."""

    def __init__(self, layout: SceneLayout) -> None:
        self._lines = layout.lines
        self._zones = [zone for zone in layout.zones if zone.linger is not None]
        self._tracks = BlobTracker(self.STANDS if self._zones else 0.0)

    def see(self, patches: Sequence[Blob], time: float) -> Iterator[Observation]:
        """What this look made sure."""
        if not (self._lines or self._zones):
            return
        for track in self._tracks.see(patches, time):
            if track.looks >= self.SURE:
                yield from self._crossed(track)
            yield from self._lingered(track, time)

    def _crossed(self, track: BlobTrack) -> Iterator[Observation]:
        for line in self._lines:
            direction = crossing_direction(line, track.before, track.foot)
            if direction and line.direction in {"any", direction} and line.name not in track.told:
                track.told.add(line.name)
                said = {"event": "crossed", "line": line.name, "direction": direction}
                yield Observation(track.last, track.box, said)

    def _lingered(self, track: BlobTrack, time: float) -> Iterator[Observation]:
        for zone in self._zones:
            since = self._since(track, zone, time)
            if since is None or zone.linger is None or time - since < zone.linger or zone.name in track.told:
                continue
            track.told.add(zone.name)
            said = {"event": "lingered", "zone": zone.name, "seconds": round(time - since, 1)}
            yield Observation(since, track.box, said)

    def _since(self, track: BlobTrack, zone: ImageZone, time: float) -> float | None:
        """When it entered the zone it is in; None outside of it."""
        if not zone.holds(track.foot):
            track.entered.pop(zone.name, None)
            track.told.discard(zone.name)
            return None
        return track.entered.setdefault(zone.name, time)


def crossing_direction(line: Tripwire, before: Point, now: Point) -> str:
    """`left_to_right` or `right_to_left` when the way from `before` to `now` crosses the line, else nothing."""
    first, second = line.points
    start, end = _side(first, second, before), _side(first, second, now)
    if start == end or (start > 0) == (end > 0) or (_side(before, now, first) > 0) == (_side(before, now, second) > 0):
        return ""
    return "left_to_right" if end > 0 else "right_to_left"


def _side(first: Point, second: Point, point: Point) -> float:
    """Above zero on the right of who stands at `first` and faces `second` (the picture's y grows downward)."""
    return (second[0] - first[0]) * (point[1] - first[1]) - (second[1] - first[1]) * (point[0] - first[0])
