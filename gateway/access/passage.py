"""One decision on its way from the reader to the record and the door."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field

from gateway.access.decision import AccessDecision
from gateway.access.request import AccessRequest
from gateway.config.access import DoorSection
from gateway.model import Command, Signal, as_data, new_id


@dataclass(frozen=True, slots=True)
class Passage:
    """What was asked and answered. `by` is the person who opens for another, `signal` the id of the reader's signal.

    `zone` is the anti-passback zone that changed and `inside` whether the holder is in it now. `command` opens the
    door; None for a denial.
    """

    request: AccessRequest
    decision: AccessDecision
    by: str = ""
    signal: str | None = None
    zone: str | None = None
    inside: bool | None = None
    command: Command | None = None
    done: asyncio.Future[None] | None = field(default=None, compare=False)
    """Done once it is on record, or kept in memory because the disk takes nothing."""

    def as_signal(self) -> Signal:
        """`access.granted` or `access.denied` of the door."""
        decision, request = self.decision, self.request
        data: dict[str, object] = {
            "door": request.door,
            "credential": str(request.credential.kind),
            "person": decision.person,
            "reason": as_data(decision.reason),
            "code": str(decision.code),
        }
        more = {
            "reader": request.reader,
            "household": decision.place,
            "pass": decision.pass_id,
            "by": self.by,
            "floors": list(decision.floors),
            "entry_delay": decision.entry_delay.total_seconds() if decision.entry_delay else None,
            "signal": self.signal,
        }
        data |= {name: value for name, value in more.items() if value}
        kind = "access.granted" if decision.granted else "access.denied"
        return Signal(device=request.door, kind=kind, at=request.at, data=data, fresh=True)


def opening(door: DoorSection, decision: AccessDecision, signal: str | None, by: str) -> Command:
    """The command that opens the door. Its id is made from the reader's signal: one signal opens once."""
    arguments: dict[str, object] = dict(door.open.arguments)
    if door.open.floors_as is not None:
        arguments[door.open.floors_as] = list(decision.floors)
    device = door.open.device or door.device
    digest = hashlib.blake2b(f"{signal}\n{door.device}".encode(), digest_size=12).hexdigest()
    command_id = f"c-{digest}" if signal is not None else new_id("c")
    return Command(device, door.open.action, arguments, by or f"access:{door.device}", id=command_id)
