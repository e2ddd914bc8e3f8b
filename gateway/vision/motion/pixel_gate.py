"""The last and surest of the motion gates: every look's pixels. Sans-I/O.

Brightness and its time in, motions out, for each zone and for the picture outside of them. Times
are a file's or a camera's; a leap in them (a reconnect) makes the gate learn anew.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.background import BackgroundModel
from gateway.vision.motion.blobs import Blob, ForegroundFrame, RelativeBox, find_blobs, frame_difference, polygon_mask
from gateway.vision.motion.chroma import ChromaModel, ChromaPlanes
from gateway.vision.motion.luma import Luma, Mask, downscale
from gateway.vision.motion.motion_interval import IntervalTracker, MotionInterval
from gateway.vision.motion.nuisance import CobwebDetector, SwayFilter
from gateway.vision.motion.scene_layout import SceneLayout

_Lesson = tuple[Luma, Mask, Mask, float]
OUTSIDE_ZONES = ""
"""The area that is no zone."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """`area` is the least share of the picture that must move, `contrast` in steps of brightness (of 256)."""

    area: float = 0.0006
    contrast: float = 14.0

    @classmethod
    def of(cls, level: float) -> Sensitivity:
        """0 (dull) … 0.5 (usual) … 1 (keen)."""
        factor = 4.0 ** (0.5 - min(max(level, 0.0), 1.0))
        usual = cls()
        return cls(usual.area * factor, usual.contrast * factor**0.5)


@dataclass(frozen=True, slots=True)
class MotionChange:
    """A motion that began (`end` is None) or ended, and the zone it is in (ELSEWHERE: none)."""

    area: str
    motion: MotionInterval


class PixelGate:
    """Feed it looks about `LOOK` seconds apart while something goes on, and one in ten seconds else."""

    LOOK = 0.2
    LEAP = 30.0
    """Seconds without a look after which the last one says nothing any more."""
    _LEAST, _HINT = 4.0, 0.5

    def __init__(self, sensitivity: Sensitivity | None = None, layout: SceneLayout | None = None) -> None:
        self._sensitivity = sensitivity or Sensitivity()
        self._layout = layout or SceneLayout()
        self._background = BackgroundModel(self._sensitivity.contrast, self._layout.patience)
        self._before: Luma | None = None
        self._unlearnt: _Lesson | None = None
        self._colours = ChromaModel()
        self._coloured: tuple[Mask, Mask] | None = None
        """Where only the colour differs: from the background, and from the look before."""
        self._unlearnt_colours: tuple[list[NDArray[np.float32]], Mask, float, float] | None = None
        self._time = 0.0
        self._rewound = False
        self._open: Mask | None = None
        self._sway = SwayFilter()
        self.threads = CobwebDetector()
        """What hangs before the lens."""
        self._stretches: dict[str, IntervalTracker] = defaultdict(IntervalTracker)
        self.patches: list[Blob] = []
        """What the last look showed; those that count, moving or not."""
        self.alive = False
        """Whether the last look showed something moving that counts."""
        self.learning = True
        """Whether the last look was spent on learning a new scene or light."""
        self.holds = False
        """Whether something was quiet for a while, and is not over yet."""

    @property
    def moving(self) -> bool:
        """Whether something moved just now."""
        return any(stretch.going for stretch in self._stretches.values())

    def see(
        self, luma: Luma, time: float, *, alone: bool = False, colours: ChromaPlanes | None = None
    ) -> list[MotionChange]:
        """The motions that began or ended with this look. `luma` may be of any size, best the full one's.

        `alone`: a keyframe far from other looks. It counts half as much as others must show, since it only
        has others looked at, and without movement it ends nothing. `colours`: its other planes, if it has any.
        """
        luma = downscale(luma)
        passed = self.LOOK if self._rewound else time - self._time
        before, rewound = self._before, self._rewound
        self._time, self._before, self._rewound = time, luma, False
        if before is None or not self._background.fits(luma) or not 0 <= passed <= self.LEAP:
            self._begin(luma)
            return self.finish()
        self._learn()
        mask = self._background.differs(luma, passed)
        luma = self._before = self._background.steady
        before = luma if rewound else before
        self.learning = mask is None
        self._colour(mask, colours, passed, rewound=rewound)
        self.patches = [] if mask is None else self._patches(luma, before, mask, passed, self._HINT if alone else 1.0)
        areas = self._areas()
        self.alive = bool(areas)
        if not (alone and self.alive):
            self._learn()
        return self._tell(areas, time, alone=alone)

    def carry(self, time: float) -> None:
        """What goes on goes on: a keyframe says so."""
        for stretch in self._stretches.values():
            stretch.carry(time)

    def pause(self, time: float) -> None:
        """What goes on has been quiet since: a keyframe says so."""
        for stretch in self._stretches.values():
            stretch.pause(time)
        self.holds = True

    def rewind(self) -> None:
        """The next look is an older one; what is known of the scene holds, but for what this look was to add."""
        self._rewound, self._unlearnt, self._unlearnt_colours = True, None, None
        for stretch in self._stretches.values():
            stretch.rewind()

    def settle(self, time: float) -> list[MotionChange]:
        """What was quiet for so long by now that it is over."""
        return self._pass_time([area for area, stretch in self._stretches.items() if stretch.held], time)

    def finish(self) -> list[MotionChange]:
        """End what was going on: the stream is over."""
        ended = [(area, stretch.finish()) for area, stretch in self._stretches.items()]
        return [MotionChange(area, motion) for area, motion in ended if motion]

    def _begin(self, luma: Luma) -> None:
        self._background.begin(luma)
        masks = self._layout.masks
        self._open = np.asarray(cv2.bitwise_not(polygon_mask(masks, luma.shape)), np.uint8) if masks else None
        self.patches, self.alive, self.learning = [], False, True
        self._unlearnt = self._unlearnt_colours = None
        self._colours.forget()

    def _patches(self, luma: Luma, before: Luma, mask: Mask, passed: float, part: float) -> list[Blob]:
        changed, coloured, both = frame_difference(luma, before, self._sensitivity.contrast), None, mask
        if self._coloured is not None:
            coloured, recoloured = self._coloured
            both = np.asarray(cv2.bitwise_or(mask, coloured), np.uint8)
            changed = np.asarray(cv2.bitwise_or(changed, recoloured), np.uint8)
        seen = both if self._open is None else np.asarray(cv2.bitwise_and(both, self._open), np.uint8)
        look = ForegroundFrame(seen, changed, self._background.lit, self._background.picture, coloured)
        least = part * max(self._LEAST, self._sensitivity.area * luma.size)
        found, foreign, lines = find_blobs(look, least)
        self.threads.see(lines, self._time)
        calm = self._sway.calm(seen)
        if self.threads.near:
            found, foreign, _ = find_blobs(replace(look, mask=self.threads.cut_from(calm)), least, self.threads.beside)
        elif found and cv2.countNonZero(calm) < cv2.countNonZero(seen):
            found, foreign, _ = find_blobs(replace(look, mask=calm), least)
        self._unlearnt = luma, mask, foreign, passed
        return found

    def _colour(self, mask: Mask | None, colours: ChromaPlanes | None, passed: float, *, rewound: bool) -> None:
        """Where only the colour differs, and what is to be learnt of it."""
        self._coloured = self._unlearnt_colours = None
        if colours is None or mask is None or self._background.shaking:
            self._colours.forget()
            return
        found = self._colours.differs(colours, mask.shape)
        if found is None or rewound:
            return
        differs, changed, now = found
        calm, moving = self._background.paces(passed)
        self._unlearnt_colours = now, np.asarray(cv2.bitwise_or(differs, mask), np.uint8), calm, moving
        alike = self._background.alike()
        self._coloured = (
            np.asarray(cv2.bitwise_and(differs, alike), np.uint8),
            np.asarray(cv2.bitwise_and(changed, alike), np.uint8),
        )

    def _learn(self) -> None:
        """Take up the last look. One at a keyframe waits, for it may be looked at again from further back."""
        if self._unlearnt is not None:
            self._background.learn(*self._unlearnt)
            self._unlearnt = None
        if self._unlearnt_colours is not None:
            self._colours.learn(*self._unlearnt_colours)
            self._unlearnt_colours = None

    def _areas(self) -> dict[str, list[RelativeBox]]:
        """Where something moves that counts, and its boxes."""
        areas: dict[str, list[RelativeBox]] = defaultdict(list)
        for patch in (patch for patch in self.patches if patch.alive):
            within = [zone.name for zone in self._layout.zones if zone.holds(patch.foot) or zone.holds(patch.middle)]
            for area in within or ([OUTSIDE_ZONES] if self._layout.elsewhere else []):
                areas[area].append(patch.box)
        return areas

    def _tell(self, areas: dict[str, list[RelativeBox]], time: float, *, alone: bool) -> list[MotionChange]:
        told = [
            MotionChange(area, motion)
            for area, boxes in areas.items()
            for motion in self._stretches[area].hit(time, boxes)
        ]
        calm = [] if alone else [area for area in self._stretches if area not in areas]
        return told + self._pass_time(calm, time)

    def _pass_time(self, areas: list[str], time: float) -> list[MotionChange]:
        over = [(area, self._stretches[area].pass_time(time)) for area in areas]
        self.holds = any(stretch.held for stretch in self._stretches.values())
        return [MotionChange(area, motion) for area, motion in over if motion]
