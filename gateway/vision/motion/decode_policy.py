"""How closely a camera is watched: which of its pictures are wanted, and what each look changes about that. Sans-I/O.

It begins by looking. A calm camera is left alone but for a keyframe now and then, sizes that rise or a keyframe
that shows something have it looked at, and what moves steadily is followed by keyframes alone.
"""

from __future__ import annotations

from enum import Enum, auto

from gateway.vision.motion.adaptive_threshold import AdaptiveThreshold
from gateway.vision.motion.pixel_gate import PixelGate
from gateway.vision.motion.size_gate import LearningRate, SizeGate


class DecodeState(Enum):
    IDLE = auto()
    """Nothing moves; a keyframe now and then."""
    LOOKING = auto()
    """Something may move: the pixels decide."""
    MOVING = auto()
    """Something moves, and its pixels are watched."""
    COASTING = auto()
    """Something moves, and nobody needs its pictures: keyframes are enough to know that it goes on."""


class DecodePolicy:
    """`follow`: every picture is wanted while something moves. `begin`: seconds of calm to see at first."""

    LOOK_EVERY, GLANCE = 10.0, 2.0
    """Seconds between two keyframes looked at while nothing moves: usually, and when sizes can't tell."""
    LOOK_SHORT, LOOK_LONG = 0.4, 1.5
    """Seconds of pictures after which the pixels have decided: when nothing stirred, and when something did."""
    BEGIN, YOUNG = 2.0, 20.0
    """Seconds of calm it has to see before it uses the sizes at all, and before it relies on them."""
    COAST = 4.5
    """Seconds that keyframes may be apart to coast on them, or to rely on them while sizes are young."""
    BACK = 4.0
    """Seconds to go back at least, as far as keyframes go: somebody small is not always seen on the first one."""
    LATELY = 600.0
    """Seconds for which a place where somebody moved is thought to be one where people move."""
    _SLACK = 1e-3

    def __init__(self, pixels: PixelGate, *, follow: bool, begin: float, glance: float) -> None:
        self._pixels = pixels
        self._follow = follow
        self._begin = begin
        self.glance = glance
        self._sizes = SizeGate()
        self._trust = AdaptiveThreshold()
        self.now = self._last = self._key = self.seen = self._since = self._lively = self._moved = float("-inf")
        self._apart = float("inf")
        self._back = self._by_sizes = self._unforeseen = False
        self.back_to = float("-inf")
        self._state = DecodeState.LOOKING
        self.close, self._learn = True, LearningRate.NO
        """`close`: every picture is wanted."""

    def packet(self, time: float, key: bool, size: int) -> None:
        """Thousands a second come here."""
        if not -1 < time - self.now < PixelGate.LEAP:
            self._leap(time)
        self.now = max(self.now, time)
        if key:
            self._key, self._apart = time, (time - self._key) or float("inf")
        if self._sizes.take(time, key=key, size=size, learn=self._learn) and self._state is _IDLE:
            self._rise(time)

    def goes_back(self) -> bool:
        """Said once: what a keyframe showed is looked at from an older one, `back_to`."""
        back, self._back = self._back, False
        if back:
            self.seen = float("-inf")
            self._pixels.rewind()
        return back

    def is_due(self, *, restless: bool) -> bool:
        """The second gate: whether to look at the keyframe that came just now."""
        if restless or self._state is DecodeState.COASTING:
            return True
        return self.now - self._last >= self._every() - self._SLACK

    def _every(self) -> float:
        """Seconds between two keyframes: where somebody moved lately and sizes can't tell, none is left out."""
        blind = self._sizes.learnt < self.YOUNG or self._trust.blind(self._sizes.grain)
        if self._trust.missed_lately(self.now) or (blind and self.now < self._moved + self.LATELY):
            return self.GLANCE
        return self.glance if blind else max(self.LOOK_EVERY, self.glance)

    def looked(self, time: float, *, alone: bool) -> None:
        """The pixels have seen a picture; `alone`: a keyframe, far from other looks."""
        self.seen = time
        if alone:
            self._by_key(time)
        else:
            self._by_picture(time)
        self._last = time
        self._learn = self._may_learn()

    def over(self, time: float) -> None:
        """What was going on was quiet for long enough."""
        if self._state is DecodeState.COASTING:
            self._enter(DecodeState.IDLE, time)

    def _leap(self, time: float) -> None:
        self.now = self._key = time
        self.seen = self._last = self._moved = float("-inf")
        self._apart, self._back = float("inf"), False
        self._enter(DecodeState.LOOKING, time)

    def _enter(self, state: DecodeState, time: float) -> None:
        self._state, self._since = state, time
        self.close = state in _CLOSE
        self._learn = self._may_learn()

    def _may_learn(self) -> LearningRate:
        if self._state is DecodeState.IDLE:
            return LearningRate.SLOWLY
        calm = not (self._pixels.moving or self._pixels.alive)
        return LearningRate.FAST if calm and self.seen > self._since else LearningRate.NO

    def _rise(self, time: float) -> None:
        """The first gate."""
        if self._sizes.unusual > self._trust.limit(time):
            self._by_sizes, self._unforeseen = True, False
            self._enter(DecodeState.LOOKING, time)

    def _by_key(self, time: float) -> None:
        """What goes on, goes on or pauses; what begins is looked at from further back.

        So is what moves after a pause: it may be somebody else.
        """
        alive, coasting = self._pixels.alive, self._state is DecodeState.COASTING
        if coasting and self._pixels.moving:
            if alive:
                self._pixels.carry(time)
                self._lively = time
            else:
                self._pixels.pause((self._last + time) / 2)
        elif alive:
            self._unforeseen = not coasting
            self._go_back(self._lively if coasting else min(self._last, time - min(2 * self._apart, self.BACK)), time)

    def _go_back(self, to: float, time: float) -> None:
        self._back, self.back_to, self._by_sizes = True, to, False
        self._enter(DecodeState.LOOKING, time)

    def _by_picture(self, time: float) -> None:
        """The third gate: what to make of a picture among many."""
        match self._state:
            case DecodeState.IDLE if self._pixels.alive:
                self._enter(DecodeState.LOOKING, time)
            case DecodeState.LOOKING if self._pixels.moving:
                self._moved, self._by_sizes = time, False
                if self._unforeseen:
                    self._trust.missed(time)
                self._enter(DecodeState.MOVING, time)
            case DecodeState.LOOKING:
                self._give_up(time)
            case DecodeState.MOVING if not self._pixels.moving:
                self._enter(DecodeState.IDLE if self._knows() else DecodeState.LOOKING, time)
            case DecodeState.MOVING if self._may_coast(time):
                self._lively = time
                self._enter(DecodeState.COASTING, time)

    def _give_up(self, time: float) -> None:
        """Nothing moves, after all, if the pixels had the time to see it."""
        looked = time - self._since
        enough = self.LOOK_LONG if self._pixels.alive or self._pixels.learning else self.LOOK_SHORT
        if looked >= enough and self._knows():
            if self._by_sizes:
                self._trust.vain(time - self._key if time > self._key else looked)
            self._enter(DecodeState.IDLE, time)

    def _knows(self) -> bool:
        """Whether calm was seen long enough; keyframes far apart are no help while sizes are young."""
        return self._sizes.learnt >= (self._begin if self._apart <= self.COAST else max(self._begin, self.YOUNG))

    def _may_coast(self, time: float) -> bool:
        steady = self._pixels.alive and time > self.now - 2 * PixelGate.LOOK
        return steady and self._apart <= self.COAST and not self._follow and self._sizes.learnt >= self._begin


_IDLE = DecodeState.IDLE
_CLOSE = (DecodeState.LOOKING, DecodeState.MOVING)
