"""What leaves the compound about an alert."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.model import Alert, AlertState, Severity, Words
from gateway.notify import Notification, Notifier, Receipt, notification_of

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
ALERT = Alert(
    id="a-1",
    rule="home-alarm",
    key="k",
    severity=Severity.CRITICAL,
    state=AlertState.NEW,
    place="b3/u1/1502",
    device="home-1502",
    reason=Words("王建国家厨房烟雾报警", "Smoke in the kitchen of Wang Jianguo"),
    raised_at=NOW,
    last_at=NOW,
)
PLACE = Words("3号楼1单元1502室", "Building 3 Unit 1 Room 1502")


def test_it_says_how_grave_and_where_and_names_no_resident():
    said = notification_of(ALERT, PLACE, ["13800000000"], "https://anju.example")
    assert (said.title.zh, said.title.en) == ("【紧急】3号楼1单元1502室", "[Critical] Building 3 Unit 1 Room 1502")
    assert "王建国" not in str(said)
    assert "Wang" not in str(said)
    assert said.link == "https://anju.example/?alert=a-1"
    assert said.recipients == ("13800000000",)


@pytest.mark.parametrize("change", [{"count": 2}, {"state": AlertState.ACKNOWLEDGED}])
def test_a_retry_has_the_same_id_and_a_change_another(change):
    again, changed = notification_of(ALERT, PLACE), notification_of(replace(ALERT, **change), PLACE)
    assert again.id == notification_of(ALERT, PLACE).id != changed.id
    assert again.link is None


async def test_a_third_partys_notifier_keeps_the_contract():
    class Siren(Notifier):
        async def send(self, notification: Notification) -> Receipt:
            return Receipt(notification.id)

    receipt = await Siren("siren", Siren.Settings()).send(notification_of(ALERT, PLACE))
    assert receipt.reference == notification_of(ALERT, PLACE).id
    with pytest.raises(TypeError, match="abstract"):
        Notifier("none", None)
