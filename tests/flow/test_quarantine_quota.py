"""What one device may have in quarantine: of an hour, and in all."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.flow import quarantine_quota
from gateway.flow.emitter import Quarantine
from gateway.limits import RefusalLog
from gateway.store import Store, quarantine_trim

NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
JUNK = b"\xff" * 10_000


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def rows(store: Store) -> list[tuple[str, str, int]]:
    return await store.read(
        lambda c: [
            (row["device"], row["why"], row["size"])
            for row in c.execute("SELECT device, why, length(data) AS size FROM quarantine ORDER BY number")
        ]
    )


async def test_a_device_that_sends_junk_without_end_fills_no_disk(tmp_path, monkeypatch):
    clock = Time()
    monkeypatch.setattr("gateway.limits.RateLimit.__init__.__defaults__", (clock,))
    refusals = RefusalLog(clock)
    async with Store.open(tmp_path) as store:
        quarantine = Quarantine(store, lambda: NOW, refusals)
        for _ in range(5000):
            await quarantine.keep("wild", "no JSON", JUNK)
        await quarantine.keep("tame", "no JSON", b"{")
        kept = await rows(store)
        assert sum(device == "wild" for device, _, _ in kept) == quarantine_quota.PIECES
        assert sum(size for _, _, size in kept) <= quarantine_quota.BYTES + 1
        assert kept[-1] == ("tame", "no JSON", 1)
        [(refusal, times)] = refusals.counts().items()
        assert (refusal.door, refusal.grave, times) == ("wild", True, 5000 - quarantine_quota.PIECES)
        clock.now += 3600 / quarantine_quota.PIECES
        await quarantine.keep("wild", "no JSON", JUNK)
        assert (await rows(store))[-1][1] == f"no JSON (and {5000 - quarantine_quota.PIECES} before it were not kept)"


async def test_large_pieces_are_bounded_by_their_bytes(tmp_path):
    async with Store.open(tmp_path) as store:
        quarantine = Quarantine(store, lambda: NOW)
        for _ in range(quarantine_quota.PIECES):
            await quarantine.keep("wild", "no JSON", b"\xff" * 1_000_000)
        assert sum(size for _, _, size in await rows(store)) <= quarantine_quota.BYTES


async def test_the_oldest_of_a_device_make_room_for_its_newest(tmp_path, monkeypatch):
    monkeypatch.setattr(quarantine_trim, "MAX_ENTRIES", 30)
    monkeypatch.setattr(quarantine_trim, "BATCH_ROWS", 7)
    async with Store.open(tmp_path) as store:
        quarantine = Quarantine(store, lambda: NOW)
        await quarantine.keep("neighbour", "no JSON", b"{")
        for number in range(101):
            await quarantine.keep("wild", f"piece {number}", b"{")
        kept = await rows(store)
        assert kept[0][0] == "neighbour"
        wild = [why for device, why, _ in kept if device == "wild"]
        assert wild == [f"piece {number}" for number in range(71, 101)]


async def test_a_quarantine_of_before_the_quota_is_trimmed_by_its_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(quarantine_trim, "MAX_BYTES", 100_000)
    async with Store.open(tmp_path) as store:
        await store.write(
            lambda c: c.executemany(
                "INSERT INTO quarantine (at, device, why, data) VALUES (0, 'wild', 'old', ?)", [(JUNK,)] * 1200
            )
        )
        await Quarantine(store, lambda: NOW).keep("wild", "new", JUNK)
        kept = await rows(store)
        assert (len(kept), kept[-1][1]) == (10, "new")
