"""The gateway's own rule for the duty log: an entry that is not written in time is an alert, and too few people is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gateway.model import Action, Clear, Decision, Decisions, Event, Raise, Severity, Signal, Wake, WakeAt, Words
from gateway.patrol.plan import words_of
from gateway.patrol.schedule import ASKED
from gateway.rule import Compound, Rule, RuleSettings

NAME = "duty"
LOGGED = "duty.logged"
_KEPT = timedelta(days=1)


@dataclass
class DutyState:
    """By key: entries that were asked for, whether they were written or not. `raised`: keys of open alerts."""

    asked: dict[str, dict[str, Any]] = field(default_factory=dict)
    raised: list[str] = field(default_factory=list)


class DutyRule(Rule):
    """Fed by `duty.asked` (the gateway asks) and by the action `duty.logged`."""

    KINDS = frozenset({ASKED, LOGGED})
    State = DutyState
    HORIZON = timedelta(days=2)

    def __init__(self, compound: Compound) -> None:
        super().__init__(NAME, RuleSettings(), compound)

    def start(self, held: frozenset[str]) -> DutyState:
        """Nothing is asked for; alerts that are open can be ended."""
        return DutyState(raised=sorted(held))

    def on(self, state: DutyState, event: Event) -> Decisions:
        """Wait for an entry, raise when it does not come, clear when it does."""
        with contextlib.suppress(KeyError, ValueError, TypeError):  # data of another's making
            if isinstance(event, Wake):
                return list(_missed(state, event.key))
            if isinstance(event, Action):
                return list(_written(state, event))
            return list(_asked(state, event))
        return ()


def _asked(state: DutyState, event: Signal) -> Iterator[Decision]:
    data = dict(event.data)
    until = datetime.fromisoformat(data["until"])
    words_of(data["name"])  # before anything is kept
    for key in [key for key, old in state.asked.items() if datetime.fromisoformat(old["until"]) + _KEPT < event.time]:
        del state.asked[key]
    state.asked.setdefault(str(data["key"]), data)
    yield WakeAt(str(data["key"]), until)


def _missed(state: DutyState, key: str) -> Iterator[Decision]:
    asked = state.asked.get(key)
    if asked is None or asked.get("written"):
        return
    name = words_of(asked["name"])
    minutes = int((datetime.fromisoformat(asked["until"]) - datetime.fromisoformat(asked["due"])).total_seconds() // 60)
    reason = Words(
        f"值班记录未填：{name.zh}，到时间已 {minutes} 分钟", f"Duty log not written: {name.en}, due {minutes} min ago"
    )
    state.raised.append(f"{key}/missed")
    yield Raise(f"{key}/missed", Severity.of(asked["severity"]), str(asked["place"]), reason)


def _written(state: DutyState, action: Action) -> Iterator[Decision]:
    key = str(action.data["key"])
    if f"{key}/missed" in state.raised:
        state.raised.remove(f"{key}/missed")
        yield Clear(f"{key}/missed", Words(f"补填：{action.user}", f"Written late by {action.user}"))
    asked = state.asked.get(key)
    if asked is None:
        return
    asked["written"] = True
    yield WakeAt(key, None)
    wanted, present = int(asked["people"]), len(action.data["people"])
    if present < wanted:
        name = words_of(asked["name"])
        reason = Words(
            f"值班人数不足：{name.zh}，应有 {wanted} 人，登记 {present} 人",
            f"Too few on duty: {name.en} needs {wanted}, {present} were written down",
        )
        yield Raise(f"{key}/people", Severity.of(asked["severity"]), str(asked["place"]), reason)
