"""All that is watched for beside plain movement, as one camera's layout asks for it. Sans-I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.vision.motion.blocked import Blocked
from gateway.vision.motion.falling import Falling
from gateway.vision.motion.layout import Layout
from gateway.vision.motion.luma import Luma
from gateway.vision.motion.patches import Patch
from gateway.vision.motion.trespass import Notice, Trespass


class Happenings:
    """Lines, lingering, blocked places and falling things."""

    BLOCKED_EVERY = 2.0
    """Seconds between two looks at places that may be blocked."""

    def __init__(self, layout: Layout) -> None:
        self._trespass = Trespass(layout)
        self._blocked = [Blocked(zone) for zone in layout.zones if zone.blocked is not None]
        self._falling = Falling(layout.masks) if layout.thrown else None
        self._blocked_due = float("-inf")

    @property
    def every_frame(self) -> bool:
        """Whether every frame is needed, always."""
        return self._falling is not None

    def frame(self, luma: Luma, time: float) -> Iterator[Notice]:
        """Every frame there is."""
        if self._falling is not None:
            yield from self._falling.see(luma, time)

    def look(self, luma: Luma, patches: Sequence[Patch], time: float) -> Iterator[Notice]:
        """Every look of the pixels' gate, and what it found."""
        yield from self._trespass.see(patches, time)
        if self._blocked and not 0 <= self._blocked_due - time <= self.BLOCKED_EVERY:
            self._blocked_due = time + self.BLOCKED_EVERY
            for place in self._blocked:
                yield from place.see(luma, time)
