"""Fire linkage (消防联动): outputs are held while a contact is active; no command overrides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.errors import CommandFailed
from gateway.model import Words
from gateway.protocols.contacts.failures import HELD_STATES_ZH


@dataclass(frozen=True, slots=True)
class InterlockSpec:
    """`hold` maps outputs to on or off, and barriers to True (open). `latched`: stays engaged until a person resets."""

    id: str
    name: str
    causes: Sequence[str]
    hold: Mapping[str, bool]
    latched: bool = True


class Interlock:
    """Engages when a cause is active. A cause whose state is unknown neither engages nor releases it."""

    def __init__(self, spec: InterlockSpec) -> None:
        self.spec = spec
        self.engaged = False
        self._active: list[str] = []
        self._unknown: list[str] = []

    def restore(self) -> None:
        """It was engaged when the gateway ended."""
        self.engaged = True

    def update(self, active: Mapping[str, bool | None]) -> None:
        """Take the states of its causes by contact id; None or absent is unknown."""
        self._active = [cause for cause in self.spec.causes if active.get(cause)]
        self._unknown = [cause for cause in self.spec.causes if active.get(cause) is None]
        if self._active:
            self.engaged = True
        # An unknown cause must not release anything: a cut wire is not the end of a fire.
        elif not self._unknown and not self.spec.latched:
            self.engaged = False

    def reset(self) -> None:
        """A person releases it; raises CommandFailed while a cause is active or unknown."""
        name = self.spec.name
        if self._active:
            en = f"{name} can't be reset while {', '.join(self._active)} is active"
            raise CommandFailed(Words(f"{name}的触发信号还在，不能复位", en))
        if self._unknown:
            en = f"{name} can't be reset: {', '.join(self._unknown)} can't be read"
            raise CommandFailed(Words(f"看不到{name}的触发信号，不能复位", en))
        self.engaged = False

    def reason(self, device: str, state: str) -> Words:
        """Why a command to a device that it holds is rejected; `state` is the held state: open, on or off."""
        name, held = self.spec.name, HELD_STATES_ZH[state]
        if self._active:
            en = f"{device} is held {state} by {name}: {', '.join(self._active)} is active"
            return Words(f"{name}启动中，{held}", en)
        en = f"{device} is held {state} by {name} until a person resets {self.spec.id}"
        return Words(f"{name}未复位，{held}；确认安全后请先复位", en)
