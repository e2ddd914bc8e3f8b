"""Fire linkage (消防联动): while a contact is active, outputs are held; nothing that software says undoes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.errors import CommandFailed
from gateway.model import Words
from gateway.protocols.contacts.reasons import IS_HELD


@dataclass(frozen=True, slots=True)
class InterlockSpec:
    """`hold` is output → on or off, and barrier → True (open). `latched`: a person ends it, after the contacts rest."""

    id: str
    name: str
    causes: Sequence[str]
    hold: Mapping[str, bool]
    latched: bool = True


class Interlock:
    """A cause that can't be seen neither begins it nor lets it end."""

    def __init__(self, spec: InterlockSpec) -> None:
        self.spec = spec
        self.engaged = False
        self._standing: list[str] = []
        self._unseen: list[str] = []

    def recall(self) -> None:
        """It was engaged when the gateway ended."""
        self.engaged = True

    def see(self, active: Mapping[str, bool | None]) -> None:
        """How its causes are."""
        self._standing = [cause for cause in self.spec.causes if active.get(cause)]
        self._unseen = [cause for cause in self.spec.causes if active.get(cause) is None]
        if self._standing:
            self.engaged = True
        elif not self._unseen and not self.spec.latched:
            self.engaged = False

    def reset(self) -> None:
        """A person ends it; raises CommandFailed while a cause stands or can't be seen."""
        name = self.spec.name
        if self._standing:
            en = f"{name} can't be reset while {', '.join(self._standing)} is active"
            raise CommandFailed(Words(f"{name}的触发信号还在，不能复位", en))
        if self._unseen:
            en = f"{name} can't be reset: {', '.join(self._unseen)} can't be seen"
            raise CommandFailed(Words(f"看不到{name}的触发信号，不能复位", en))
        self.engaged = False

    def reason(self, device: str, state: str) -> Words:
        """Why a command for what it holds is refused; `state` is how it is held."""
        name, held = self.spec.name, IS_HELD[state]
        if self._standing:
            en = f"{device} is held {state} by {name}: {', '.join(self._standing)} is active"
            return Words(f"{name}启动中，{held}", en)
        en = f"{device} is held {state} by {name} until a person resets {self.spec.id}"
        return Words(f"{name}未复位，{held}；确认安全后请先复位", en)
