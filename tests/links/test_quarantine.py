"""What can't be read is kept, but not all of it."""

from __future__ import annotations

from types import SimpleNamespace

from gateway.limits import RateLimit
from gateway.links.quarantine import LimitedQuarantine, UnreadableCounter
from gateway.testing import RecordedReports


async def test_what_was_held_back_is_told_with_the_next(monkeypatch) -> None:
    now = 0.0
    monkeypatch.setattr("asyncio.get_running_loop", lambda: SimpleNamespace(time=lambda: now))
    emit = RecordedReports()
    aside = LimitedQuarantine(emit, RateLimit.on_loop_clock(burst=1, interval_s=10))
    assert [await aside.put("noise", b"x") for _ in range(3)] == [True, False, False]
    now = 10.0
    assert await aside.put("noise", b"y")
    assert emit.quarantined == [("noise", b"x"), ("noise (and 2 more like it before)", b"y")]


async def test_what_the_disk_did_not_take_is_not_kept() -> None:
    emit = RecordedReports()
    emit.disk_full = True
    assert not await LimitedQuarantine(emit).put("noise", b"x")


def test_a_line_that_brings_nothing_readable_is_told() -> None:
    emit = RecordedReports()
    unread = UnreadableCounter(emit)
    for _ in range(2):
        unread.unreadable("noise")
    unread.readable()
    for _ in range(2):
        unread.unreadable("noise")
    assert emit.refusals == []
    unread.unreadable("noise", "part")
    assert emit.refusals == [("part", "nothing that it sends can be read: noise; check its settings and the line")]
