"""Several things to tell, and a disk that takes some of them."""

from __future__ import annotations

from gateway.errors import NotRecorded
from gateway.links.emit_all import emit_all
from gateway.model import Signal
from gateway.testing import RecordedReports


class Choosy(RecordedReports):
    """Its disk takes the device's signals, but not those of `full`."""

    def __init__(self, *full: str) -> None:
        super().__init__()
        self.full = full
        self.offered: list[str] = []

    async def __call__(self, signal: Signal, *, remembered: bool = False) -> int:
        self.offered.append(signal.device)
        self.disk_full = signal.device in self.full
        return await super().__call__(signal, remembered=remembered)


def signals() -> list[Signal]:
    kinds = {"a": "area.armed", "b": "zone.restored", "c": "zone.alarm", "d": "zone.bypassed"}
    return [Signal(device=device, kind=kind) for device, kind in kinds.items()]


async def test_all_are_told_in_order() -> None:
    emit, kept = Choosy(), list[str]()
    assert await emit_all(emit, signals(), lambda signal: kept.append(signal.device)) is None
    assert kept == emit.offered == ["a", "b", "c", "d"]


async def test_behind_what_a_full_disk_did_not_take_alarms_still_show() -> None:
    emit, kept = Choosy("b", "c"), list[str]()
    assert isinstance(await emit_all(emit, signals(), lambda signal: kept.append(signal.device)), NotRecorded)
    assert (kept, emit.offered) == (["a"], ["a", "b", "c"])
