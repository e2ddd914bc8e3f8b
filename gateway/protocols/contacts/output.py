"""One relay output (siren, light, strike): its target state, until the module confirms it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.model import Words, as_data
from gateway.protocols.contacts.changes import INITIAL_STATE, DeviceChange
from gateway.protocols.contacts.failures import SUPERSEDED, UNIT_OFFLINE
from gateway.protocols.contacts.pending_command import PendingCommand

FAULT_DELAY_S = 5.0
"""How long an output may differ from its target, without a pending command, before that is a fault."""

MAX_PULSE_S = 3600.0


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """`normal` is its state without a command or interlock.

    In seconds: `max_active` is how long it may differ from that, whoever switched it; `pulse` how long a pulse lasts
    by default. `on` and `off` are the kinds sent when it becomes so.
    """

    id: str
    normal: bool = False
    max_active: float | None = None
    pulse: float = 3.0
    on: str | None = None
    off: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def max_pulse(self) -> float:
        """Seconds."""
        return self.max_active if self.max_active is not None else MAX_PULSE_S


class Output:
    """`state` is what was last read from the module; None while that is unknown."""

    def __init__(self, spec: OutputSpec) -> None:
        self.spec = spec
        self.state: bool | None = None
        self._held: bool | None = None
        self._target: bool | None = None
        self._command: PendingCommand | None = None
        self._pulse: float | None = None
        self._return_at: float | None = None
        self._reported: bool | None = None
        self._differs_since: float | None = None
        self._faulted = False
        self.must_return = False
        """A pulse may have begun: it must return to normal, even after a restart of the gateway."""

    @property
    def has_command(self) -> bool:
        """Whether a command waits for its confirmation."""
        return self._command is not None

    def start(self, command: PendingCommand, state: bool, seconds: float | None) -> None:
        """Take a command in place of an earlier one; `seconds` after the change it returns to normal."""
        self._supersede(command)
        self._target = state
        self._pulse, self._return_at = seconds, None
        self.must_return = seconds is not None

    def restore(self) -> None:
        """It had to return to normal when the gateway ended."""
        self._target, self.must_return = self.spec.normal, True

    def cancel(self, command: PendingCommand) -> None:
        """The caller gave up: do not switch late, and end a pulse that may have begun."""
        if command is self._command:
            # Without a pulse the output stays in the state that it has reached.
            self._target = self.spec.normal if self._pulse is not None else None
            self._command = self._pulse = None

    def hold(self, state: bool | None) -> None:
        """An interlock holds it in a state, whatever is commanded; when released (None) it returns to normal."""
        if state == self._held:
            return
        self._supersede(None)
        self._target = self.spec.normal if state is None else None
        self._held, self._pulse, self._return_at = state, None, None

    def update(self, on: bool, now: float) -> None:
        """Take the state read from the module."""
        self.state = on
        if on == self._target:
            self._reach_target(now)
        if on == self.spec.normal:
            self._return_at = None
            # With a target left, the pulse has not begun yet: it must still return afterwards.
            self.must_return = self.must_return and self._target is not None
        # A siren that was switched by hand must end too.
        elif self._return_at is None and self.spec.max_active is not None:
            self._return_at = now + self.spec.max_active  # switched by somebody else, or by us before a restart

    def set_unknown(self) -> None:
        """The module does not answer."""
        self.state = None
        if self._command:
            self._command.fail(UNIT_OFFLINE)
            self.cancel(self._command)

    def tick(self, now: float) -> None:
        """Check the timers: end of a pulse, and how long it has differed from its target."""
        # An interlock outlasts any pulse.
        if self._return_at is not None and now >= self._return_at and self._held is None:
            self._target, self._return_at, self._pulse = self.spec.normal, None, None
        if self.state_to_write() is None or self._command is not None:
            self._differs_since = None
        elif self._differs_since is None:
            self._differs_since = now

    def next_at(self) -> float | None:
        """When its next timer expires."""
        return self._return_at if self._held is None else None

    def state_to_write(self) -> bool | None:
        """The state to write now; None if it is already so, or the module does not answer."""
        target = self._target if self._held is None else self._held
        return None if self.state is None or target == self.state else target

    def take_changes(self, now: float) -> Iterator[DeviceChange]:
        """The changes to report, each once."""
        if self.state is not None and self.state != self._reported:
            is_first_read, self._reported = self._reported is None, self.state
            kind = self.spec.on if self.state else self.spec.off
            # A normal state at the first read is not reported.
            if kind is not None and not (is_first_read and self.state == self.spec.normal):
                data = {**self.spec.data, **(INITIAL_STATE if is_first_read else {})}
                yield DeviceChange(self.spec.id, kind, data)
        yield from self._faults(now)

    def _faults(self, now: float) -> Iterator[DeviceChange]:
        is_wrong = self._differs_since is not None and now - self._differs_since >= FAULT_DELAY_S
        if is_wrong and not self._faulted:
            self._faulted = True
            zh, en = ("接通", "on") if self.state_to_write() else ("断开", "off")
            why = Words(f"应{zh}而未{zh}，请通知安装员", f"it should be {en} and its module reports that it is not")
            yield DeviceChange(self.spec.id, "device.faulted", {**self.spec.data, "why": as_data(why)})
        elif self._faulted and self.state is not None and self.state_to_write() is None:
            self._faulted = False
            yield DeviceChange(self.spec.id, "device.restored", {**self.spec.data})

    def _reach_target(self, now: float) -> None:
        self._target = None
        # The pulse begins when the module confirms it, not when it was commanded.
        times = [seconds for seconds in (self._pulse, self.spec.max_active) if seconds is not None]
        if times and self.state != self.spec.normal:
            self._return_at = now + min(times)
        self._pulse = None
        if self._command:
            self._command.succeed()
            self._command = None

    def _supersede(self, command: PendingCommand | None) -> None:
        if self._command:
            self._command.fail(SUPERSEDED)
        self._command = command
