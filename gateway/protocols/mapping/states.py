"""What a message reports of a device: states that last, and events that happen. No I/O.

A state is reported when it changes. While it is unknown (after a start) only its beginning is reported, marked as
`from_status`: a leak that began while the gateway was off must ring, a door that is shut is no news.

A value that neither begins nor ends a state, such as `unknown`, changes nothing: it does not end an alarm.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from gateway.model import is_kind
from gateway.protocols.mapping.opposites import is_unknown, opposites_of
from gateway.protocols.mapping.paths import Path, look_up
from gateway.protocols.mapping.scalars import scalar
from gateway.protocols.mapping.values import Value, as_number, as_tuple, is_same, value_type
from gateway.settings.mend import Wrong

MAX_VALUE_LENGTH = 200
"""Characters of a value that goes into a signal's data."""


def _check_kind(kind: str) -> str:
    if not is_kind(kind):
        raise Wrong(
            f"{kind!r} is no kind of signal", "use one of gateway/model.py, or one of your own that begins with x."
        )
    return kind


Kind = Annotated[str, AfterValidator(_check_kind)]


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    of: Annotated[Path, Field(description="path of the value; @ is the whole message")]
    topic: Annotated[str | None, Field(description="only in messages on this topic; {base} is the device's")] = None

    def applies_to(self, topics: Collection[str]) -> bool:
        """Whether it applies to a message that came on these topics, written as in the YAML, with {base}."""
        return self.topic is None or self.topic in topics


class MappedState(_Rule):
    """On while the value is one of `is`, or above or below a number; reported by the kinds `on` and `off`.

    One of `not` ends it. If `not` is left out, the opposite of `is` does (false of true, off of on, closed of open),
    or where that has no opposite, any other value except those that mean "unknown".
    """

    values: Annotated[tuple[Value, ...] | Value, Field(alias="is", description="the value, or several")] = True
    ends: Annotated[tuple[Value, ...] | Value | None, Field(alias="not", description="what ends it")] = None
    above: float | None = None
    below: float | None = None
    on: Annotated[Kind, Field(description="the signal when it begins")]
    off: Annotated[Kind | None, Field(description="the signal when it ends")] = None

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if self.above is not None and self.below is not None:
            raise Wrong("above and below at once", "give one of them, or two states")
        return self

    def is_on(self, message: Any) -> bool | None:
        """None when the message has no such value, or one that neither begins nor ends the state."""
        value = _value(self.of, message)
        if value is None or isinstance(value, dict | list):
            return None
        if self.above is None and self.below is None:
            if any(is_same(value, begin) for begin in as_tuple(self.values)):
                return True
            return False if self._ends_with(value) else None
        number = as_number(value)
        if number is None:
            return None
        return number > self.above if self.above is not None else number < (self.below or 0.0)

    def unknown_value(self, message: Any) -> str | None:
        """The message's value, as text, if it neither begins nor ends the state; None if it does, or is absent."""
        value = _value(self.of, message)
        return None if value is None or self.is_on(message) is not None else repr(value)[:MAX_VALUE_LENGTH]

    def _ends_with(self, value: Any) -> bool:
        if self.ends is not None:
            return any(is_same(value, end) for end in as_tuple(self.ends))
        begins = as_tuple(self.values)
        opposites = [opposite for begin in begins for opposite in opposites_of(begin)]
        if opposites:
            return any(is_same(value, opposite) for opposite in opposites)
        # Of another type, such as 3 where `is` are words, it is most likely another field of a newer firmware.
        return not is_unknown(value) and any(value_type(value) is value_type(begin) for begin in begins)


class ValueMatch(_Rule):
    """Fits a message whose value is one of `is`."""

    values: Annotated[tuple[Value, ...] | Value, Field(alias="is", description="the value, or several")] = True

    def fits(self, message: Any) -> bool:
        """Whether the message has such a value."""
        value = _value(self.of, message)
        return value is not None and any(is_same(value, expected) for expected in as_tuple(self.values))


class MappedEvent(ValueMatch):
    """Happens with every message that fits."""

    kind: Kind

    def without_values_of(self, others: Sequence[MappedEvent]) -> MappedEvent | None:
        """This event without the values that `others` have for the same path; None when no value is left."""
        taken = {value for event in others if event.of == self.of for value in as_tuple(event.values)}
        left = tuple(value for value in as_tuple(self.values) if value not in taken)
        return self.model_copy(update={"values": left}) if left else None


@dataclass(frozen=True, slots=True)
class StateChange:
    """One signal to be emitted. `state` is known to be `is_on` once the signal is committed."""

    kind: str
    data: Mapping[str, Any]
    state: MappedState
    is_on: bool


class StateTracker:
    """Which states of one device are known to be on or off."""

    def __init__(self, states: Sequence[MappedState]) -> None:
        self._on: dict[int, bool] = {}
        self._states = states

    def changes(self, message: Any, topics: Collection[str] = ()) -> Iterator[StateChange]:
        """What this message changes. Call `commit` for each change once its signal is committed.

        For `topics` see `_Rule.applies_to`.
        """
        for number, state in enumerate(self._states):
            if not state.applies_to(topics):
                continue
            is_on, was_on = state.is_on(message), self._on.get(number)
            if is_on is None or is_on is was_on:  # not in this message, or no change
                continue
            kind = state.on if is_on else state.off
            if kind is None or (was_on is None and not is_on):
                self._on[number] = is_on  # nothing is emitted, so there is no commit to wait for
                continue
            yield StateChange(kind, {"from_status": True} if was_on is None else {}, state, is_on)

    def commit(self, change: StateChange) -> None:
        """The signal of this change is committed."""
        number = next(n for n, state in enumerate(self._states) if state is change.state)
        self._on[number] = change.is_on


def details(message: Any, paths: Mapping[str, str]) -> dict[str, Any]:
    """Values that go along with every signal, by name; without those that are absent or unusable."""
    found = ((name, look_up(path, message)) for name, path in paths.items())
    scalars = ((name, scalar(value, MAX_VALUE_LENGTH)) for name, value in found)
    return {name: value for name, value in scalars if value is not None}


def _value(of: str, message: Any) -> Any:
    """The value at the path `of`.

    A Tasmota switch reports {"Action": "ON"} or {"STATE": "ON"} at once, and "ON" in its telemetry: both count as "ON".
    """
    value = look_up(of, message)
    if isinstance(value, dict) and len(value) == 1:
        (name, inner), *_ = value.items()
        if name.lower() in {"action", "state"}:
            return inner
    return value
