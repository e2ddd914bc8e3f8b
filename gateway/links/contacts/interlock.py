"""Fire linkage (消防联动): while a contact is active, outputs are held; nothing that software says undoes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.errors import CommandFailed


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
        if self._standing:
            raise CommandFailed(f"{self.spec.name} can't be reset while {', '.join(self._standing)} is active")
        if self._unseen:
            raise CommandFailed(f"{self.spec.name} can't be reset: {', '.join(self._unseen)} can't be seen")
        self.engaged = False

    def reason(self, device: str, state: str) -> str:
        """Why a command for what it holds is refused; `state` is how it is held."""
        if self._standing:
            return f"{device} is held {state} by {self.spec.name}: {', '.join(self._standing)} is active"
        return f"{device} is held {state} by {self.spec.name} until a person resets {self.spec.id}"
