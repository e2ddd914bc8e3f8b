"""Visitors' passes (访客): who has not left in time, refused tries, and codes that were passed on.

Whether somebody is still inside is known only where leaving is read: at the doors and lanes of `exits`, or where guards
note at the counter who leaves (`signed_out`). A compound whose doors read entries alone gets no alert of overstays,
since every visitor would seem to have stayed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from gateway.model import (
    Action,
    Clear,
    Decision,
    Decisions,
    Event,
    Raise,
    Severity,
    Signal,
    Wake,
    WakeAt,
    Words,
    from_data,
)
from gateway.rule import Rule, RuleSettings
from gateway.settings.context import DeviceRef
from gateway.settings.durations import Duration, PositiveDuration, max_duration
from gateway.settings.selection import SeverityOrOff

MOST_PASSES = 20_000
MOST_REFUSED = 5_000
_DAY = max_duration(timedelta(days=1))


class VisitorSettings(RuleSettings):
    """Severities, where leaving is read, and how many refusals are too many."""

    overstay: Annotated[SeverityOrOff, Field(description="a visitor is inside after the end of their pass")] = (
        Severity.LOW
    )
    grace: Annotated[Duration, _DAY, Field(description="how long after the end of the pass")] = timedelta(minutes=30)
    exits: Annotated[
        tuple[DeviceRef, ...],
        Field(description="doors, lanes and readers that read who leaves; without them see below"),
    ] = ()
    signed_out: Annotated[
        bool, Field(description="guards note at the counter who leaves; who is not noted has overstayed")
    ] = False
    copied: Annotated[SeverityOrOff, Field(description="the same code at two doors: a forwarded screenshot")] = (
        Severity.HIGH
    )
    refused: Annotated[SeverityOrOff, Field(description="a pass, or codes at a door, refused too often")] = (
        Severity.MEDIUM
    )
    refused_times: Annotated[int, Field(ge=1, le=100, description="so many refusals …")] = 3
    refused_within: Annotated[PositiveDuration, _DAY, Field(description="… in this time")] = timedelta(minutes=10)


@dataclass(slots=True)
class Stay:
    """To where a pass lets in, and until when."""

    place: str
    until: datetime
    kind: dict[str, str]


@dataclass(slots=True)
class VisitorStates:
    """By pass: how long who comes with it may stay. `inside`: who has come. By pass or door: when it was refused.

    `raised`: passes with an open alert of overstay.
    """

    stays: dict[str, Stay] = field(default_factory=dict)
    inside: list[str] = field(default_factory=list)
    refusals: dict[str, list[datetime]] = field(default_factory=dict)
    raised: set[str] = field(default_factory=set)


class Visitors(Rule):
    """Raises and clears overstays; a refused try has no end and is never cleared."""

    Settings = VisitorSettings
    KINDS = frozenset({"pass.created", "pass.left", "access.granted", "access.denied"})
    State = VisitorStates
    HORIZON = timedelta(hours=48)

    settings: VisitorSettings

    def start(self, held: frozenset[str]) -> VisitorStates:
        """Nobody is inside; open alerts can be ended."""
        return VisitorStates(raised={key.partition("/")[0] for key in held if key.endswith("/overstay")})

    def on(self, state: VisitorStates, event: Event) -> Decisions:
        """Note who comes and goes, and judge refusals."""
        if isinstance(event, Wake):
            return list(self._still_inside(state, event))
        pass_id = str(event.data.get("pass") or "")
        if isinstance(event, Action):
            return list(_left(state, pass_id)) if event.kind == "pass.left" else list(self._made(state, event, pass_id))
        door = str(event.data.get("door") or event.device)
        if event.kind == "access.denied":
            return list(self._refused(state, event, pass_id, door)) if _by_pass(event) else ()
        if not pass_id:
            return ()
        return list(_left(state, pass_id) if self._is_exit(door, event) else self._entered(state, pass_id))

    def _is_exit(self, door: str, signal: Signal) -> bool:
        return not {door, signal.device, signal.data.get("reader")}.isdisjoint(self.settings.exits)

    @property
    def _knows_who_leaves(self) -> bool:
        return self.settings.overstay is not None and bool(self.settings.exits or self.settings.signed_out)

    def _made(self, state: VisitorStates, action: Action, pass_id: str) -> Iterator[Decision]:
        until = _time(action.data.get("until"))
        if until is None or not self._knows_who_leaves:
            return
        name = action.data.get("kind_name")
        kind = {"zh": str(name.get("zh")), "en": str(name.get("en"))} if isinstance(name, Mapping) else {}
        state.stays[pass_id] = Stay(action.place, until, kind)
        while len(state.stays) > MOST_PASSES:
            dropped = next(iter(state.stays))
            del state.stays[dropped]
            yield from _left(state, dropped)

    def _entered(self, state: VisitorStates, pass_id: str) -> Iterator[Decision]:
        if not self._knows_who_leaves or pass_id in state.inside:
            return
        stay = self._stay(state, pass_id)
        if stay is not None:
            state.inside.append(pass_id)
            yield WakeAt(pass_id, stay.until + self.settings.grace)

    def _stay(self, state: VisitorStates, pass_id: str) -> Stay | None:
        """As its making said; of one that was made before this rule's time, as the register says."""
        known = self.compound.register.passes.get(pass_id)
        if pass_id not in state.stays and known is not None:
            state.stays[pass_id] = Stay(known.place, known.until, {})
        return state.stays.get(pass_id)

    def _still_inside(self, state: VisitorStates, wake: Wake) -> Iterator[Decision]:
        stay = state.stays.get(wake.key)
        if stay is None or wake.key not in state.inside or self.settings.overstay is None:
            return
        state.raised.add(wake.key)
        minutes = round((wake.time - stay.until).total_seconds() / 60)
        where = self.compound.place_name(stay.place)
        kind = Words(stay.kind.get("zh", "访客"), stay.kind.get("en", "Visitor"))
        reason = Words(
            f"{where.zh} 的{kind.zh}超时未离开：通行证到期已 {minutes} 分钟",
            f"{kind.en} of {where.en} has not left: the pass ended {minutes} min ago",
        )
        yield Raise(f"{wake.key}/overstay", self.settings.overstay, stay.place, reason)

    def _refused(self, state: VisitorStates, signal: Signal, pass_id: str, door: str) -> Iterator[Decision]:
        at, why = self.compound.where(door), _reason(signal)
        place = self.compound.place_of(door)
        if signal.data.get("code") == "code_copied" and self.settings.copied is not None:
            reason = Words(
                f"{at.zh} 访客码被转发使用：{why.zh}", f"A visitor's code was passed on, at {at.en}: {why.en}"
            )
            yield Raise(f"{pass_id or door}/copied", self.settings.copied, place, reason, door)
            return
        if self.settings.refused is None:
            return
        subject = pass_id or door
        times = [time for time in state.refusals.pop(subject, []) if _near(time, signal.time, self.settings)]
        times.append(signal.time)
        state.refusals[subject] = times[-self.settings.refused_times :]
        while len(state.refusals) > MOST_REFUSED:
            del state.refusals[next(iter(state.refusals))]
        if len(times) >= self.settings.refused_times:
            del state.refusals[subject]
            reason = Words(
                f"{at.zh} 访客通行证连续被拒 {len(times)} 次：{why.zh}",
                f"A visitor's pass was refused {len(times)} times at {at.en}: {why.en}",
            )
            yield Raise(f"{subject}/refused", self.settings.refused, place, reason, door)


def _left(state: VisitorStates, pass_id: str) -> Iterator[Decision]:
    if pass_id in state.inside:
        state.inside.remove(pass_id)
        yield WakeAt(pass_id, None)
    if pass_id in state.raised:
        state.raised.discard(pass_id)
        yield Clear(f"{pass_id}/overstay", Words("访客已离开", "The visitor has left"))


def _by_pass(signal: Signal) -> bool:
    return signal.data.get("credential") == "pass" or bool(signal.data.get("pass"))


def _near(time: datetime, now: datetime, settings: VisitorSettings) -> bool:
    return abs(now - time) <= settings.refused_within  # abs(): a clock was set back


def _reason(signal: Signal) -> Words:
    reason = signal.data.get("reason")
    return Words.of(from_data(reason)) if isinstance(reason, Mapping) else Words("未说明原因", "no reason was given")


def _time(text: Any) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time if time.tzinfo and time.year < 9000 else None


RULE = Visitors
