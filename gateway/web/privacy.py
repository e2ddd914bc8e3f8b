"""What a role may see of people: an installer sets devices right and needs nobody's face or name for it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from gateway.model import Alert, Json, Role, Signal, Words
from gateway.store.media import is_name
from gateway.web.views import SignalView

_PERSONAL = ("face.", "report.", "call.")
"""Kinds whose pictures and words are of people."""
_NOT_SHOWN = Words("涉及人员，内容不对安装人员显示", "Concerns a person; not shown to installers")
_TECHNICAL_DATA = frozenset({"score", "distance", "box", "zone", "seconds", "category"})
_NAMING = frozenset({"person", "name", "phone", "text", "holder", "owner", "resident", "user"})


_OF_CARDS = frozenset({"card"})
"""A whole card number: enough to make a copy of the card. Its last digits are shown beside it."""


class Audience(Enum):
    """What may be shown: everything, all but whole card numbers, or what a technician needs and no person in it."""

    MANAGING = "managing"
    FULL = "full"
    TECHNICAL = "technical"

    @property
    def sees_people(self) -> bool:
        return self is not Audience.TECHNICAL


def audience_of(role: Role) -> Audience:
    return {Role.INSTALLER: Audience.TECHNICAL, Role.MANAGER: Audience.MANAGING}.get(role, Audience.FULL)


def picture_url(name: object) -> str | None:
    """None for what is no name of a picture: a device may have said it to an older gateway."""
    return f"/api/v1/snapshots/{name}.jpg" if is_name(name) else None


def shown_data(signal: Signal, audience: Audience) -> Json:
    if audience is Audience.MANAGING:
        return signal.data
    if audience.sees_people:
        return {key: value for key, value in signal.data.items() if key not in _OF_CARDS}
    if signal.kind.startswith(_PERSONAL):
        return {key: value for key, value in signal.data.items() if key in _TECHNICAL_DATA}
    return {key: value for key, value in signal.data.items() if key not in _NAMING | _OF_CARDS}


def shown_reason(alert: Alert, signals: Sequence[SignalView], audience: Audience) -> Words:
    """A technician reads it only where it can name nobody: no signal behind it is of a person."""
    personal = not signals or any(signal.kind.startswith(_PERSONAL) for signal in signals)
    return _NOT_SHOWN if personal and not audience.sees_people else alert.reason


def shown_snapshot(alert: Alert, signals: Sequence[SignalView], audience: Audience) -> str | None:
    """A technician sees it only where one of the signals shown vouches that it is of no person's face."""
    url = picture_url(alert.snapshot)
    if audience.sees_people or any(signal.snapshot == url for signal in signals):
        return url
    return None
