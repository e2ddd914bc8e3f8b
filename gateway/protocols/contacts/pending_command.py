"""A command from its acceptance until its effect was read back, or it failed."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model import Words


@dataclass(slots=True, eq=False)
class PendingCommand:
    """`done` once the effect was read back, `failure` with the reason once it will not be."""

    device: str
    action: str
    done: bool = False
    failure: Words | None = None

    @property
    def finished(self) -> bool:
        """Whether it succeeded or failed."""
        return self.done or self.failure is not None

    def succeed(self) -> None:
        """Its effect was read back. Ignored once it has finished."""
        if not self.finished:
            self.done = True

    def fail(self, reason: Words) -> None:
        """It will not take effect. Ignored once it has finished."""
        if not self.finished:
            self.failure = reason
