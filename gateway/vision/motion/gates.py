"""The three gates of one camera, cheapest first: sizes of packets, keyframes, pixels. Sans-I/O.

How to drive them, for every access unit of the sub stream, in the order it came:

    want = gates.packet(time, key, size)       # microseconds; nothing need be reassembled for it
    for event in gates.take(): tell(event)     # what ended without a picture being looked at
    if want is Want.KEY:                       # only ever said of a keyframe
        pictures = decoder.alone(this packet)
    elif want is Want.ALL:                     # from the last keyframe in the ring on, this one included;
        pictures = decode(all since the last keyframe that are not decoded yet)
    for picture in pictures:
        if gates.due(picture.time):            # five a second unless something falls; the rest is passed over
            for event in gates.see(luma, picture.time): tell(event)

`luma` is best the decoder's own Y plane (rows × columns, uint8): scaling it is done here. When it
was NOTHING before ALL, decoding begins at the ring's last keyframe (`decoder.restart()`), so that
what set the sizes moving is seen from its start. Pictures older than the last one seen are ignored,
so nothing has to be remembered about keyframes already looked at. At a reconnect times may leap,
nothing else needs doing; at the end of a stream `finish()` ends what was going on.

`Gates.ask(seconds)` makes pictures wanted for a while for somebody else's sake (a guard who looks).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from gateway.model import Json
from gateway.vision.motion.layout import Layout
from gateway.vision.motion.luma import Luma
from gateway.vision.motion.patches import Share
from gateway.vision.motion.pixels import Pixels, Sensitivity, Told
from gateway.vision.motion.sizes import Learn, Sizes
from gateway.vision.motion.trust import Trust


class Want(Enum):
    NOTHING = auto()
    KEY = auto()
    """Decode this keyframe alone."""
    ALL = auto()
    """Decode every frame from the last keyframe in the ring on, until told otherwise."""


@dataclass(frozen=True, slots=True)
class Event:
    """A signal in the making. `kind` is one of gateway.model.KINDS; times are the stream's."""

    kind: str
    start: float
    end: float | None = None
    box: Share | None = None
    data: Json = field(default_factory=dict)


class _State(Enum):
    IDLE = auto()
    """Nothing moves; a keyframe now and then."""
    LOOKING = auto()
    """Something may move: the pixels decide."""
    MOVING = auto()
    """Something moves, and its pixels are watched."""
    COASTING = auto()
    """Something moves, and the sizes say so plainly; keyframes are enough."""


class Gates:
    """`follow`: every picture is wanted while something moves (recognisers, say), not only the fact that it does."""

    LOOK_EVERY = 10.0
    """Seconds between two keyframes looked at while nothing moves."""
    LOOK_LONG = 1.5
    """Seconds of pictures after which the pixels have decided."""
    BEGIN = 2.0
    """Seconds of calm it has to see before it trusts the sizes."""
    SURELY, HARDLY = 8.0, 2.5
    """Deviations above the usual from which the sizes alone keep a motion going, and below which it may be over."""
    DOUBT = 2
    """Keyframes without movement on which coasting is doubted."""
    _SLACK = 1e-3

    def __init__(self, sensitivity: float = 0.5, layout: Layout | None = None, *, follow: bool = False) -> None:
        layout = layout or Layout()
        self._pixels = Pixels(Sensitivity.of(sensitivity), layout)
        self._follow = follow or layout.follows
        self._sizes = Sizes()
        self._trust = Trust(keen=layout.thrown)
        self._state = _State.LOOKING
        self._since = self._asked_until = float("-inf")
        self._now = self._seen = self._key_seen = self._loud = float("-inf")
        self._doubts = 0
        self._surprised = False
        self._told: list[Event] = []

    @property
    def moving(self) -> bool:
        """Whether something goes on now."""
        return self._pixels.moving

    def packet(self, time: float, key: bool, size: int) -> Want:
        """What to do about this access unit: its time in seconds, whether it is a keyframe, its size in bytes."""
        if not -1 < time - self._now < Pixels.LEAP:
            self._leap(time)
        self._now = max(time, self._now)
        if self._sizes.take(time, key=key, size=size, learn=self._learn()):
            self._weigh(time)
        if self._state in {_State.LOOKING, _State.MOVING} or time < self._asked_until:
            return Want.ALL
        return Want.KEY if key and self._key_is_due(time) else Want.NOTHING

    def due(self, time: float) -> bool:
        """Whether a picture of this time would be looked at."""
        return time >= self._seen + Pixels.LOOK - self._SLACK or time < self._seen - Pixels.LEAP

    def see(self, luma: Luma, time: float) -> list[Event]:
        """One picture's brightness, rows × columns; what began or ended with it."""
        if not self.due(time):
            return []
        self._seen = time
        told = self._pixels.see(luma, time)
        self._decide(time)
        return [_event(each) for each in told]

    def take(self) -> list[Event]:
        """What ended without a picture being looked at; ask after every packet."""
        if not self._told:
            return self._told
        told, self._told = self._told, []
        return told

    def ask(self, seconds: float) -> None:
        """Pictures are wanted for so long from now, whatever moves."""
        self._asked_until = max(self._asked_until, self._now + seconds)

    def finish(self) -> list[Event]:
        """The stream is over, and with it what was going on."""
        return [_event(each) for each in self._pixels.finish()]

    def _leap(self, time: float) -> None:
        self._now, self._seen, self._key_seen = time, float("-inf"), float("-inf")
        self._enter(_State.LOOKING, time)

    def _learn(self) -> Learn:
        if self._state is _State.IDLE:
            return Learn.SLOWLY
        calm = not (self._pixels.moving or self._pixels.alive or self._state is _State.COASTING)
        return Learn.FAST if calm and self._seen > self._since else Learn.NO

    def _enter(self, state: _State, time: float) -> None:
        self._state, self._since, self._doubts = state, time, 0

    def _weigh(self, time: float) -> None:
        """The first gate: what the sizes say."""
        unusual = self._sizes.unusual
        self._loud = time if unusual > self.HARDLY else self._loud
        if self._state is _State.IDLE and unusual > self._trust.limit(time):
            self._surprised = False
            self._enter(_State.LOOKING, time)
        elif self._state is _State.COASTING:
            self._pixels.carry(self._loud)
            self._told += [_event(each) for each in self._pixels.pass_time(time)]
            if not self._pixels.moving:
                self._enter(_State.IDLE, time)

    def _key_is_due(self, time: float) -> bool:
        """The second gate: whether to look at this keyframe."""
        restless = self._state is _State.COASTING or self._sizes.unusual > self._trust.limit(time) / 2
        return restless or time - self._key_seen >= self.LOOK_EVERY

    def _decide(self, time: float) -> None:
        """The third gate: what to make of a picture that was looked at."""
        self._key_seen = time
        match self._state:
            case _State.IDLE if self._pixels.alive:
                self._surprised = True
                self._enter(_State.LOOKING, time)
            case _State.LOOKING if self._pixels.moving:
                self._trust.right(time, surprised=self._surprised)
                self._enter(_State.MOVING, time)
            case _State.LOOKING if time - self._since >= self.LOOK_LONG and self._sizes.learnt >= self.BEGIN:
                self._trust.wrong(time)
                self._enter(_State.IDLE, time)
            case _State.MOVING if not self._pixels.moving:
                self._enter(_State.LOOKING, time - self.LOOK_LONG)
            case _State.MOVING if self._may_coast(time):
                self._enter(_State.COASTING, time)
            case _State.COASTING:
                self._doubt(time)

    def _may_coast(self, time: float) -> bool:
        known = self._sizes.learnt >= self.BEGIN and not self._follow
        return known and self._sizes.unusual > self.SURELY and time > self._now - Pixels.LOOK * 2

    def _doubt(self, time: float) -> None:
        self._doubts = 0 if self._pixels.alive else self._doubts + 1
        if self._doubts >= self.DOUBT:
            self._enter(_State.MOVING, time)


def _event(told: Told) -> Event:
    motion = told.motion
    data = {"zone": told.area} if told.area else {}
    kind = "motion.started" if motion.end is None else "motion.ended"
    return Event(kind, motion.start, motion.end, motion.box, data)
