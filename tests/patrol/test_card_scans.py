"""A guard's card at a checkpoint's reader is a scan, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.config.desk import DeskSettings
from gateway.model import Signal
from gateway.patrol.card_scans import CardScans
from gateway.store import Store, journal
from tests.patrol.rounds import DUE, at
from tests.patrol.test_schedule import SHANGHAI

DESK = DeskSettings.model_validate(
    {
        "patrols": {
            "checkpoints": [
                {"id": "east", "name": "东门", "place": "gate/east", "reader": "reader-east"},
                {"id": "n1", "name": "北墙", "place": "wall/n1"},
            ],
            "cards": [{"card": "24960", "user": "zhang"}, {"card": "111,7", "user": "li"}],
        }
    }
)


@pytest.fixture
async def desk(tmp_path):
    async with Store.open(tmp_path) as store:
        yield Readers(store)


class Readers:
    def __init__(self, store: Store) -> None:
        self.store, self.recorded, self.now = store, [], DUE

    async def record(self, checkpoint, user, scan):
        self.recorded.append((checkpoint.id, user, scan.key, scan.made, scan.by))

    def scans(self) -> CardScans:
        return CardScans(self.store, lambda: self.now, lambda: (DESK, SHANGHAI), self.record)

    async def show(self, device, kind="credential.presented", minutes=0, **data) -> Signal:
        signal = Signal(device=device, kind=kind, data=data, received=at(minutes))
        await self.store.write(lambda c: journal.record_signal(c, signal, timedelta()))
        return signal


async def test_a_known_card_at_the_reader_counts_and_others_do_not(desk):
    one = await desk.show("reader-east", card={"number": 24960, "facility": 110})
    await desk.show("reader-east", card={"number": 5, "facility": 110})
    await desk.show("another", card={"number": 24960})
    two = await desk.show("reader-east", "access.granted", card={"number": 7, "facility": 111})
    three = await desk.show("reader-east", "access.granted", card="24960")
    await desk.show("reader-east", "access.denied", card="24960")
    await desk.scans().check()
    assert [(user, key) for _, user, key, _, _ in desk.recorded] == [
        ("zhang", f"card:{one.id}"),
        ("li", f"card:{two.id}"),
        ("zhang", f"card:{three.id}"),
    ]
    assert desk.recorded[0][3:] == (DUE, "card")


async def test_a_card_is_looked_at_once_and_an_old_one_not_at_all(desk):
    await desk.show("reader-east", minutes=-90, card="24960")
    scans = desk.scans()
    await scans.check()
    assert desk.recorded == []
    await desk.show("reader-east", card="24960")
    await scans.check()
    await scans.check()
    assert len(desk.recorded) == 1
