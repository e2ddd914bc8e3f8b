"""What a message says of a device: states that last, and events that happen. No I/O.

A state is told when it changes. As long as it is not known (after a start) only its holding is
told, marked as `from_status`: a leak that began while nobody listened must ring, a door that is shut
is no news.

A value that neither begins nor ends a state, such as `unknown`, changes nothing: it is no end of an alarm.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from gateway.model import is_kind
from gateway.protocols.mapping.opposites import is_unknown, opposites_of
from gateway.protocols.mapping.paths import Path, look_up
from gateway.protocols.mapping.scalars import scalar
from gateway.settings.mend import Wrong

Value = bool | int | float | str
_MEASURED = re.compile(
    r"\s*([+-]?[0-9]{1,15}(?:\.[0-9]{1,15}|,[0-9]{1,2})?)\s*(?:[°℃℉%][A-Za-z]?|[A-Za-zµΩ][A-Za-z0-9/²³]{0,7})\s*"
    r"|\s*([+-]?[0-9]{1,15},[0-9]{1,2})\s*"
)
"""`60.5 °C`, `60,5`: a number with its unit, or with a comma."""
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

    of: Annotated[Path, Field(description="where the value stands; @ is the whole message")]
    topic: Annotated[str | None, Field(description="only in messages on this topic; {base} is the device's")] = None

    def is_about(self, scopes: Collection[str]) -> bool:
        """Whether a message may speak of it; `scopes` are the topics, as the YAML writes them, that it came on."""
        return self.topic is None or self.topic in scopes


class MappedState(_Rule):
    """Holds while the value is one of `is`, or above or below a number; told by `on` and `off`.

    It ends with one of `not`. Left out, that is what is the opposite of `is` (false of true, off of on, closed of
    open), or where it has none, any other value that says something.
    """

    values: Annotated[tuple[Value, ...] | Value, Field(alias="is", description="the value, or several")] = True
    ends: Annotated[tuple[Value, ...] | Value | None, Field(alias="not", description="what ends it")] = None
    above: float | None = None
    below: float | None = None
    on: Annotated[Kind, Field(description="said when it begins to hold")]
    off: Annotated[Kind | None, Field(description="said when it ends")] = None

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if self.above is not None and self.below is not None:
            raise Wrong("above and below at once", "give one of them, or two states")
        return self

    def holds(self, message: Any) -> bool | None:
        """None when the message does not speak of it, or by a value that neither begins nor ends it."""
        value = _value(self.of, message)
        if value is None or isinstance(value, dict | list):
            return None
        if self.above is None and self.below is None:
            if any(_same(value, wanted) for wanted in _several(self.values)):
                return True
            return False if self._ends_with(value) else None
        number = _number(value)
        if number is None:
            return None
        return number > self.above if self.above is not None else number < (self.below or 0.0)

    def unclear(self, message: Any) -> str | None:
        """The value in the message that neither begins nor ends it, as text; None when there is no such value."""
        value = _value(self.of, message)
        return None if value is None or self.holds(message) is not None else repr(value)[:MAX_VALUE_LENGTH]

    def _ends_with(self, value: Any) -> bool:
        if self.ends is not None:
            return any(_same(value, end) for end in _several(self.ends))
        begins = _several(self.values)
        opposites = [opposite for begin in begins for opposite in opposites_of(begin)]
        if opposites:
            return any(_same(value, opposite) for opposite in opposites)
        return not is_unknown(value) and any(_kind_of(value) is _kind_of(begin) for begin in begins)


class ValueMatch(_Rule):
    """Fits a message whose value is one of `is`."""

    values: Annotated[tuple[Value, ...] | Value, Field(alias="is", description="the value, or several")] = True

    def fits(self, message: Any) -> bool:
        value = _value(self.of, message)
        return value is not None and any(_same(value, wanted) for wanted in _several(self.values))


class MappedEvent(ValueMatch):
    """Happens with every message that fits."""

    kind: Kind

    def besides(self, own: Sequence[MappedEvent]) -> MappedEvent | None:
        """What is left of it beside others that speak of some of its values; None when nothing is."""
        spoken = {value for event in own if event.of == self.of for value in _several(event.values)}
        left = tuple(value for value in _several(self.values) if value not in spoken)
        return self.model_copy(update={"values": left}) if left else None


@dataclass(frozen=True, slots=True)
class MappedSignal:
    """One signal to be made. `state` and `holds` are what is known once it is committed."""

    kind: str
    data: Mapping[str, Any]
    state: MappedState | None = None
    holds: bool = False


class StateTracker:
    """What is known of one device's states."""

    def __init__(self, states: Sequence[MappedState]) -> None:
        self._holds: dict[int, bool] = {}
        self._states = states

    def news(self, message: Any, scopes: Collection[str] = ()) -> Iterator[MappedSignal]:
        """What this message changes; call `keep` once a change is committed. `scopes`: see `_Rule.is_about`."""
        for number, state in enumerate(self._states):
            if not state.is_about(scopes):
                continue
            holds, known = state.holds(message), self._holds.get(number)
            if holds is None or holds is known:
                continue
            kind = state.on if holds else state.off
            if kind is None or (known is None and not holds):
                self._holds[number] = holds
                continue
            yield MappedSignal(kind, {"from_status": True} if known is None else {}, state, holds)

    def keep(self, said: MappedSignal) -> None:
        number = next(n for n, state in enumerate(self._states) if state is said.state)
        self._holds[number] = said.holds


def _value(of: str, message: Any) -> Any:
    """What stands at `of`. A switch of Tasmota says {"Action": "ON"} or {"STATE": "ON"} at once, "ON" in telemetry."""
    value = look_up(of, message)
    if isinstance(value, dict) and len(value) == 1:
        (name, said), *_ = value.items()
        if name.lower() in {"action", "state"}:
            return said
    return value


def _kind_of(value: Any) -> type:
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def details(message: Any, paths: Mapping[str, str]) -> dict[str, Any]:
    """Values that go along with every signal, each by its name."""
    found = ((name, look_up(path, message)) for name, path in paths.items())
    told = ((name, scalar(value, MAX_VALUE_LENGTH)) for name, value in found)
    return {name: value for name, value in told if value is not None}


def _several(values: tuple[Value, ...] | Value) -> tuple[Value, ...]:
    return values if isinstance(values, tuple) else (values,)


def _same(value: Any, wanted: Value) -> bool:
    """True is no 1, but `ON` is `on`, and `True` of a bridge in Python is true: words differ between firmwares."""
    if isinstance(value, str) and isinstance(wanted, bool):
        return value.strip().casefold() == str(wanted).casefold()
    if isinstance(value, str) and isinstance(wanted, str):
        return value.casefold() == wanted.casefold()
    return (type(value) is type(wanted) and bool(value == wanted)) or _both_numbers(value, wanted)


def _both_numbers(value: Any, wanted: Value) -> bool:
    numbers = [each for each in (value, wanted) if isinstance(each, int | float) and not isinstance(each, bool)]
    return len(numbers) == 2 and numbers[0] == numbers[1]


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and (measured := _MEASURED.fullmatch(value)):
        value = (measured[1] or measured[2]).replace(",", ".")
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
