"""Which value of a device is the opposite of which, and which ones mean "unknown". No I/O."""

from __future__ import annotations

import math
from collections.abc import Collection

_MUTUAL = (
    ("on", "off"),
    ("true", "false"),
    ("yes", "no"),
    ("open opened", "close closed"),
    ("unlock unlocked", "lock locked"),
    ("active", "inactive"),
    ("online", "offline"),
    ("wet", "dry"),
    ("pressed", "released"),
)
_ENDED_BY = (
    ("alarm alarmed alarming", "normal ok idle clear cleared none no_alarm restored"),
    ("detected", "clear cleared none idle normal not_detected undetected"),
    ("triggered", "clear cleared idle normal untriggered"),
    ("tamper tampered", "normal ok clear cleared none"),
    ("leak leaking", "normal ok clear cleared none dry no_leak"),
    ("fire smoke gas", "normal ok clear cleared none"),
    ("low", "normal ok high good full"),
    ("motion occupied", "clear cleared idle none no_motion unoccupied"),
)
"""Words on the right end those on the left, but not the other way round: `normal` is no alarm's opposite alone."""
_UNKNOWN = frozenset(
    """unknown unavailable undefined undetermined uninitialized uninitialised null none nil nan n/a na - ? error err
    fault failed failure init initializing initialising warmup warming_up test testing invalid timeout""".split()
) | {""}


def _pairs() -> dict[str, Collection[str]]:
    both = [(one.split(), other.split()) for one, other in _MUTUAL]
    ended = [(one.split(), other.split()) for one, other in _ENDED_BY]
    pairs = [*both, *((other, one) for one, other in both), *ended]
    return {word: others for one, others in pairs for word in one}


_OPPOSITES = _pairs()


def opposites_of(value: bool | float | str) -> Collection[bool | float | str]:
    """The opposites that everybody would agree on; empty where there are none."""
    if isinstance(value, bool):  # before the numbers, for True is 1
        return (not value,)
    if isinstance(value, str):
        return list(_OPPOSITES.get(value.strip().casefold(), ()))
    return (1 - value,) if value in {0, 1} else ()


def is_unknown(value: object) -> bool:
    """Whether it is a word by which a device says that it does not know, or NaN or an infinity."""
    if isinstance(value, float):
        return not math.isfinite(value)
    return isinstance(value, str) and value.strip().casefold() in _UNKNOWN
