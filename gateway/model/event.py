"""What rules are fed: signals of devices, wake-ups they asked for, and actions of people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gateway.model.json import Json
from gateway.model.kinds import ACTION_KINDS
from gateway.model.signal import Signal


@dataclass(frozen=True, slots=True)
class Wake:
    """A wake-up a rule asked for, come due. `time` is rule time; `number` its journal row.

    `because` is the number of the signal on which it was asked for.
    """

    rule: str
    key: str
    time: datetime
    number: int | None = None
    because: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing a person did: acknowledged or closed an alert, sent a command, signed in.

    `kind` is one of ACTION_KINDS, `user` the account's name, `time` rule time. What is about an alert names it: its id,
    the rule and key that raised it, its place and device. What is about an incident names that in `data`. `number` is
    the journal's, given when it is committed.
    """

    kind: str
    user: str
    time: datetime
    alert: str = ""
    rule: str = ""
    key: str = ""
    place: str = ""
    device: str = ""
    data: Json = field(default_factory=dict)
    number: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in ACTION_KINDS:
            raise ValueError(f"action kind {self.kind!r} is not in the list: {', '.join(sorted(ACTION_KINDS))}")


Event = Signal | Wake | Action
