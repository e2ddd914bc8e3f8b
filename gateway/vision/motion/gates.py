"""The three gates of one camera, cheapest first: sizes of packets, keyframes, pixels. Sans-I/O.

How to drive them, the package tells; `clip.Watcher` does it for one thread.
"""

from __future__ import annotations

from enum import Enum, auto

from gateway.vision.motion.event import Event, Want
from gateway.vision.motion.happenings import Happenings
from gateway.vision.motion.layout import Layout
from gateway.vision.motion.luma import Luma
from gateway.vision.motion.pixels import Pixels, Sensitivity, Told
from gateway.vision.motion.sizes import Learn, Sizes
from gateway.vision.motion.tamper import Tamper, Verdict
from gateway.vision.motion.trespass import Notice
from gateway.vision.motion.trust import Trust

__all__ = ["Event", "Gates", "Want"]


class _State(Enum):
    IDLE = auto()
    """Nothing moves; a keyframe now and then."""
    LOOKING = auto()
    """Something may move: the pixels decide."""
    MOVING = auto()
    """Something moves, and its pixels are watched."""
    COASTING = auto()
    """Something moves, and nobody needs its pictures: keyframes are enough to know that it goes on."""


class Gates:
    """`follow`: every picture is wanted while something moves (recognisers, say), not only the fact that it does.

    `begin`: for so many seconds of calm every picture is looked at, at first. `glance`: seconds between two
    keyframes while sizes can't tell (noise at night, constant bit rate); 0.03 for each camera of a machine
    keeps a hundred and more of them under a tenth of a core.
    """

    LOOK_EVERY, GLANCE = 10.0, 2.0
    """Seconds between two keyframes looked at while nothing moves: usually, and when sizes can't tell."""
    LOOK_SHORT, LOOK_LONG = 0.4, 1.5
    """Seconds of pictures after which the pixels have decided: when nothing stirred, and when something did."""
    BEGIN, YOUNG = 2.0, 20.0
    """Seconds of calm it has to see before it uses the sizes at all, and before it relies on them."""
    COAST = 4.5
    """Seconds that keyframes may be apart to coast on them."""
    _SLACK = 1e-3

    def __init__(
        self,
        sensitivity: float = 0.5,
        layout: Layout | None = None,
        *,
        follow: bool = False,
        begin: float = BEGIN,
        glance: float = GLANCE,
    ) -> None:
        layout = layout or Layout()
        self._pixels = Pixels(Sensitivity.of(sensitivity), layout)
        self._follow = follow or layout.follows
        self._begin = begin
        self.glance = glance
        self._happenings = Happenings(layout)
        self._tamper = Tamper()
        self._sizes = Sizes()
        self._trust = Trust()
        self._state = _State.LOOKING
        self._since = self._asked_until = float("-inf")
        self._now = self._seen = self._key_seen = self._key = float("-inf")
        self._apart = float("inf")
        self._back = self._alone = self._by_sizes = False
        self.back_to = float("-inf")
        """For Want.BACK: the stream's time of the last keyframe on which nothing was seen."""

    @property
    def moving(self) -> bool:
        """Whether something goes on now."""
        return self._pixels.moving

    def packet(self, time: float, key: bool, size: int) -> Want:
        """What to do about this access unit: its time in seconds, whether it is a keyframe, its size in bytes."""
        if not -1 < time - self._now < Pixels.LEAP:
            self._leap(time)
        self._now, self._alone = max(time, self._now), False
        if key:
            self._key, self._apart = time, time - self._key
        elif self._back:
            return self._go_back()
        judged = self._sizes.take(time, key=key, size=size, learn=self._learn())
        if judged and self._state is _State.IDLE and self._sizes.unusual > self._trust.limit(time):
            self._by_sizes = True
            self._enter(_State.LOOKING, time)
        if self._state in {_State.LOOKING, _State.MOVING} or time < self._asked_until or self._happenings.every_frame:
            return Want.ALL
        self._alone = key and self._key_is_due(time)
        return Want.KEY if self._alone else Want.NOTHING

    def due(self, time: float) -> bool:
        """Whether a picture of this time would be looked at."""
        return self._happenings.every_frame or self._look_is_due(time)

    def see(self, luma: Luma, time: float) -> list[Event]:
        """One picture's brightness, rows × columns; what began or ended with it."""
        told: list[Told | Notice | Verdict] = list(self._happenings.frame(luma, time))
        if self._look_is_due(time):
            self._seen = time
            told += self._move(luma, time)
            told += self._happenings.look(luma, self._pixels.patches, time)
            told += self._tamper.see(luma, time) if self._tamper.due(time) else []
        return [Event.of(each, time) for each in told]

    def _look_is_due(self, time: float) -> bool:
        return time >= self._seen + Pixels.LOOK - self._SLACK or time < self._seen - Pixels.LEAP

    def _move(self, luma: Luma, time: float) -> list[Told]:
        alone, self._alone = self._alone, False
        told = self._pixels.see(luma, time, alone=alone)
        if alone and self._state is _State.COASTING:
            told += self._coast(time)
        elif alone:
            self._decide_by_key(time)
        else:
            self._decide(time)
        self._key_seen = time
        return told

    def ask(self, seconds: float) -> None:
        """Pictures are wanted for so long from now, whatever moves."""
        self._asked_until = max(self._asked_until, self._now + seconds)

    def finish(self) -> list[Event]:
        """The stream is over, and with it what was going on."""
        return [Event.of(each, self._now) for each in self._pixels.finish()]

    def _leap(self, time: float) -> None:
        self._now, self._seen, self._key_seen, self._key = time, float("-inf"), float("-inf"), time
        self._apart, self._back = float("inf"), False
        self._enter(_State.LOOKING, time)

    def _learn(self) -> Learn:
        if self._state is _State.IDLE:
            return Learn.SLOWLY
        calm = not (self._pixels.moving or self._pixels.alive)
        return Learn.FAST if calm and self._seen > self._since else Learn.NO

    def _enter(self, state: _State, time: float) -> None:
        self._state, self._since = state, time

    def _go_back(self) -> Want:
        """What a keyframe showed is looked at from the keyframe before it."""
        self._back, self._seen = False, float("-inf")
        self._pixels.rewind()
        return Want.BACK

    def _key_is_due(self, time: float) -> bool:
        """The second gate: whether to look at this keyframe."""
        blind = self._sizes.learnt < self.YOUNG or self._trust.blind(time, self._sizes.grain)
        every = self.glance if blind else self.LOOK_EVERY
        restless = self._state is _State.COASTING or self._tamper.doubtful
        return restless or time - self._key_seen >= every - self._SLACK

    def _coast(self, time: float) -> list[Told]:
        """A keyframe while coasting: it goes on, or it was over about half way from the one before."""
        if self._pixels.alive:
            self._pixels.carry(time)
            return []
        self._pixels.carry((self._key_seen + time) / 2)
        self._enter(_State.IDLE, time)
        return self._pixels.finish()

    def _decide_by_key(self, time: float) -> None:
        """A keyframe while all was quiet."""
        if self._state is _State.IDLE and self._pixels.alive:
            self._by_sizes = False
            self._back, self.back_to = True, self._key_seen
            self._enter(_State.LOOKING, time)

    def _decide(self, time: float) -> None:
        """The third gate: what to make of a picture among many."""
        match self._state:
            case _State.IDLE if self._pixels.alive:
                self._enter(_State.LOOKING, time)
            case _State.LOOKING if self._pixels.moving:
                if not self._by_sizes:
                    self._trust.missed(time)
                self._enter(_State.MOVING, time)
            case _State.LOOKING:
                self._give_up(time)
            case _State.MOVING if not self._pixels.moving:
                self._enter(_State.IDLE, time)
            case _State.MOVING if self._may_coast(time):
                self._enter(_State.COASTING, time)

    def _give_up(self, time: float) -> None:
        """Nothing moves, after all, if the pixels had the time to see it."""
        looked = time - self._since
        enough = self.LOOK_LONG if self._pixels.alive or self._pixels.learning else self.LOOK_SHORT
        if looked >= enough and self._sizes.learnt >= self._begin:
            if self._by_sizes:
                self._trust.vain(time - self._key if time > self._key else looked)
            self._enter(_State.IDLE, time)

    def _may_coast(self, time: float) -> bool:
        steady = self._pixels.alive and time > self._now - 2 * Pixels.LOOK
        return steady and self._apart <= self.COAST and not self._follow and self._sizes.learnt >= self._begin
