"""Intrusion detection on tracks: line crossing, and loitering in zones. Sans-I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.vision.motion.blob_tracker import BlobTrack, BlobTracker
from gateway.vision.motion.blobs import Blob
from gateway.vision.motion.observation import Observation
from gateway.vision.motion.scene_layout import ImageZone, Point, SceneLayout, Tripwire


class IntrusionDetector:
    """Feed it the blobs of every analysed frame."""

    MIN_FRAMES = 3
    """Frames for which an object must have been tracked."""
    MAX_STILL_SECONDS = 12.0
    """Seconds for which somebody in a zone may stand so still that no blob is found."""

    def __init__(self, layout: SceneLayout) -> None:
        self._lines = layout.lines
        self._zones = [zone for zone in layout.zones if zone.loiter_after is not None]
        self._tracks = BlobTracker(self.MAX_STILL_SECONDS if self._zones else 0.0)

    def update(self, blobs: Sequence[Blob], time: float) -> Iterator[Observation]:
        """The line crossings and loitering that this frame completes."""
        if not (self._lines or self._zones):
            return
        for track in self._tracks.update(blobs, time):
            if track.frames >= self.MIN_FRAMES:
                yield from self._check_lines(track)
            yield from self._check_loitering(track, time)

    def _check_lines(self, track: BlobTrack) -> Iterator[Observation]:
        for line in self._lines:
            direction = crossing_direction(line, track.previous_foot, track.foot)
            if direction and line.direction in {"any", direction} and line.name not in track.reported:
                track.reported.add(line.name)
                data = {"event": "crossed", "line": line.name, "direction": direction}
                yield Observation(track.last, track.box, data)

    def _check_loitering(self, track: BlobTrack, time: float) -> Iterator[Observation]:
        for zone in self._zones:
            since, limit = self._entered_at(track, zone, time), zone.loiter_after
            if since is None or limit is None or time - since < limit or zone.name in track.reported:
                continue
            track.reported.add(zone.name)
            data = {"event": "lingered", "zone": zone.name, "seconds": round(time - since, 1)}
            yield Observation(since, track.box, data)

    def _entered_at(self, track: BlobTrack, zone: ImageZone, time: float) -> float | None:
        """When the track entered the zone; None if it is outside."""
        if not zone.contains(track.foot):
            track.entered.pop(zone.name, None)
            # Leaving and coming back is a new stay, to be reported again.
            track.reported.discard(zone.name)
            return None
        return track.entered.setdefault(zone.name, time)


def crossing_direction(line: Tripwire, previous: Point, current: Point) -> str:
    """`left_to_right` or `right_to_left` if the path from `previous` to `current` crosses the line, else ""."""
    first, second = line.points
    start, end = _side(first, second, previous), _side(first, second, current)
    if start == end or (start > 0) == (end > 0):
        return ""
    # both ends of the line on one side of the path: the path passes beside the segment
    if (_side(previous, current, first) > 0) == (_side(previous, current, second) > 0):
        return ""
    return "left_to_right" if end > 0 else "right_to_left"


def _side(first: Point, second: Point, point: Point) -> float:
    """Positive on the right of somebody who stands at `first` and faces `second` (the picture's y grows downward)."""
    return (second[0] - first[0]) * (point[1] - first[1]) - (second[1] - first[1]) * (point[0] - first[0])
