"""A gate barrier (道闸): relays that open, close and stop it, and its sensors.

A close command is carried out only after a sensor reading that is newer than the command. The barrier is never driven
closed while the loop or the edge is active, and an obstacle on the way down opens it again.
This is the second line of defence: polling notices a car within a cycle, not within milliseconds, so loop and edge
must also be wired to the barrier's own controller (EN 12453:2017, 5.5.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.errors import CommandFailed
from gateway.model import Words, as_data
from gateway.protocols.contacts.barrier_spec import BarrierRelay, BarrierSensor, BarrierSpec
from gateway.protocols.contacts.changes import INITIAL_STATE, DeviceChange
from gateway.protocols.contacts.failures import (
    BOTH_LIMITS_ACTIVE,
    HELD_OPEN,
    SENSORS_UNKNOWN,
    SUPERSEDED,
    UNIT_OFFLINE,
)
from gateway.protocols.contacts.pending_command import PendingCommand

OBSTACLES = {
    BarrierSensor.LOOP: Words("地感有车", "something stands on the loop"),
    BarrierSensor.EDGE: Words("防砸触边被碰", "the anti-crush edge is touched"),
}
MOVEMENTS_ZH = {BarrierRelay.OPEN: "抬杆", BarrierRelay.CLOSE: "落杆", BarrierRelay.STOP: "停止"}


class Barrier:
    """`moving` is the relay of the current move, until the barrier has arrived or the time limit has passed."""

    def __init__(self, spec: BarrierSpec) -> None:
        self.spec = spec
        self.moving: BarrierRelay | None = None
        self.position: BarrierRelay | None = None
        self.relays: Mapping[BarrierRelay, bool] = {}
        """Their states as last read; empty while unknown."""
        self._sensors: Mapping[BarrierSensor, bool] | None = None
        self._requested: BarrierRelay | None = None
        self._command: PendingCommand | None = None
        self._held = False
        self._deadline = 0.0
        self._on_since: float | None = None
        self._reversed = self._blocked = self._faulted = False
        self._fault_position: BarrierRelay | None = None
        self._reported_position: BarrierRelay | None = None
        self._changes: list[DeviceChange] = []

    @property
    def busy(self) -> bool:
        """Whether its unit should be polled as often as possible."""
        return self.moving is not None or self._requested is not None

    @property
    def obstacle(self) -> Words | None:
        """Why it must not close."""
        if self._sensors is None:
            return SENSORS_UNKNOWN
        active = next((sensor for sensor in OBSTACLES if self._sensors.get(sensor)), None)
        return OBSTACLES[active] if active else None

    def start(self, command: PendingCommand) -> None:
        """Take a command; the move begins at the next update. Raises CommandFailed if it is not allowed."""
        relay = BarrierRelay(command.action)
        # Nothing to do, and no obstacle can matter.
        if relay is BarrierRelay.CLOSE and self._is_closed:
            command.succeed()
            return
        if relay is BarrierRelay.CLOSE and (obstacle := self.obstacle):
            raise CommandFailed(Words(f"{obstacle.zh}，不能落杆", f"{self.spec.id} is not closed: {obstacle}"))
        if relay is not BarrierRelay.OPEN and self._held:
            raise CommandFailed(Words(f"{HELD_OPEN.zh}，不能{MOVEMENTS_ZH[relay]}", f"{self.spec.id} is held open"))
        self._supersede(command)
        self._requested = relay

    @property
    def _is_closed(self) -> bool:
        return self.position is BarrierRelay.CLOSE and self.moving is None and not self._held

    def cancel(self, command: PendingCommand) -> None:
        """The caller gave up: a move that has not begun does not begin."""
        if command is self._command:
            self._command = self._requested = None

    def hold(self, held: bool) -> None:
        """An interlock holds it open, whatever is commanded; when released it stays open."""
        if held and not self._held:
            self._supersede(None, HELD_OPEN)
            self._requested = BarrierRelay.OPEN
        self._held = held

    def update(self, sensors: Mapping[BarrierSensor, bool], relays: Mapping[BarrierRelay, bool], now: float) -> None:
        """Take one reading of all its sensors and relays, and decide how to move."""
        self._sensors, self.relays = sensors, relays
        self._update_position()
        # A pulse is timed from the first reading that shows the relay on.
        if self.moving and self._on_since is None and relays.get(self.moving):
            self._on_since = now
        self._handle_obstacles(now)
        if self._requested:
            self._start_moving(self._requested, now)
            self._requested = None
        # It was closed by hand, or has not opened: try again once the time limit of the last move has passed.
        if self._held and self.position is not BarrierRelay.OPEN and self.moving is None and now >= self._deadline:
            self._start_moving(BarrierRelay.OPEN, now)
        self._check_arrival(now)
        self._check_fault_cleared()

    def set_unknown(self) -> None:
        """Its module does not answer: stop driving it."""
        self._sensors = self.position = None
        self.relays = {}
        self._stop_moving()
        self._requested = None
        self._supersede(None, UNIT_OFFLINE)

    def tick(self, now: float) -> None:
        """Check the time limit: a move that takes too long is a fault."""
        if self.moving and now >= self._deadline:
            moving = self.moving
            self._stop_moving()
            # A stop has no limit switch that could confirm it.
            if moving is not BarrierRelay.STOP:
                seconds = f"{self.spec.travel:g}"
                zh = f"{MOVEMENTS_ZH[moving]}后{seconds}秒仍未到位，请到现场查看"
                self._fault(Words(zh, f"it was sent to {moving} and did not arrive within {seconds} s"))

    def target_relays(self, now: float) -> Mapping[BarrierRelay, bool]:
        """The states its relays are to have."""
        on = None if self._pulse_over(now) else self.moving
        # Checked again here: the reading that allowed the move may be older than the last one.
        if on is BarrierRelay.CLOSE and (self.obstacle or self._held):
            on = None
        return {relay: relay is on for relay in BarrierRelay if self.spec.stops or relay is not BarrierRelay.STOP}

    def next_at(self) -> float | None:
        """When its next timer expires."""
        if self.moving is None:
            return None
        if self._on_since is None or not self.relays.get(self.moving):
            return self._deadline
        return min(self._deadline, self._on_since + self.spec.pulse)

    def take_changes(self) -> Iterator[DeviceChange]:
        """The changes to report, each once."""
        yield from self._changes
        self._changes.clear()

    def _update_position(self) -> None:
        assert self._sensors is not None
        opened, closed = self._sensors.get(BarrierSensor.OPENED), self._sensors.get(BarrierSensor.CLOSED)
        # With one limit switch only, its being inactive is taken for the other position.
        if opened and closed:
            self._fault(BOTH_LIMITS_ACTIVE)
            self.position = None
        elif opened or (opened is None and closed is False):
            self.position = BarrierRelay.OPEN
        elif closed or (closed is None and opened is False):
            self.position = BarrierRelay.CLOSE
        else:
            self.position = None
        if self.position and self.position is not self._reported_position:
            is_first_read, self._reported_position = self._reported_position is None, self.position
            if not is_first_read or self.position is BarrierRelay.OPEN:
                kind = "barrier.opened" if self.position is BarrierRelay.OPEN else "barrier.closed"
                self._report(kind, INITIAL_STATE if is_first_read else {})

    def _handle_obstacles(self, now: float) -> None:
        """An obstacle cancels a close that has not begun, and reverses one that has."""
        assert self._sensors is not None
        obstacle = self.obstacle
        if obstacle is None:
            if self._blocked:
                self._blocked = False
                self._report("barrier.cleared")
        elif self.moving is BarrierRelay.CLOSE or self._requested is BarrierRelay.CLOSE:
            closing = self.moving is BarrierRelay.CLOSE
            reopened = Words(f"{obstacle.zh}，已重新抬杆", f"{obstacle}: it was opened again")
            self._supersede(None, reopened if closing else obstacle)
            self._requested = None
            if closing:
                self._blocked = True
                sensor = next(sensor for sensor in OBSTACLES if self._sensors.get(sensor))
                self._report("barrier.blocked", {"sense": sensor.value, "why": as_data(obstacle)})
                self._start_moving(BarrierRelay.OPEN, now)

    def _start_moving(self, relay: BarrierRelay, now: float) -> None:
        # Reversed on its way, the barrier may still be at the limit that it was leaving. That is no arrival: the
        # relay must be driven all the same.
        self._reversed = self.moving is not None and self.moving is not relay
        self.moving, self._on_since = relay, None
        self._deadline = now + self.spec.travel

    def _stop_moving(self) -> None:
        self.moving = self._on_since = None

    def _pulse_over(self, now: float) -> bool:
        return self._on_since is not None and now - self._on_since >= self.spec.pulse

    def _check_arrival(self, now: float) -> None:
        """It has arrived when its limit switch is active; without one, when its relay was on for one pulse."""
        if self.moving is None:
            return
        limit = {BarrierRelay.OPEN: BarrierSensor.OPENED, BarrierRelay.CLOSE: BarrierSensor.CLOSED}.get(self.moving)
        has_limit = limit in self.spec.sensors
        if (self.position is self.moving and not self._reversed) if has_limit else self._pulse_over(now):
            self._stop_moving()
            # Without a limit switch the move may still be under way: keep the time limit before the next one.
            self._deadline = now if has_limit else self._deadline
            self._fault_position = None
            if self._command:
                self._command.succeed()
                self._command = None
        elif has_limit and self._reversed and self._pulse_over(now):
            self._reversed = False

    def _fault(self, why: Words) -> None:
        self._supersede(None, why)
        if not self._faulted:
            self._faulted, self._fault_position = True, self.position
            self._report("device.faulted", {"why": as_data(why)})

    def _check_fault_cleared(self) -> None:
        """A fault ends when the barrier is at another position than when it failed."""
        if self._faulted and self.position is not None and self.position is not self._fault_position:
            self._faulted = False
            self._report("device.restored")

    def _supersede(self, command: PendingCommand | None, why: Words = SUPERSEDED) -> None:
        if self._command:
            self._command.fail(why)
        self._command = command

    def _report(self, kind: str, data: Mapping[str, Any] | None = None) -> None:
        self._changes.append(DeviceChange(self.spec.id, kind, {**self.spec.data, **(data or {})}))
