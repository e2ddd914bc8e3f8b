"""The live socket: snapshot, numbered changes, resume, a beat, and nobody's queue without an end."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from aiohttp import WSMsgType

from gateway.desk import DecisionOnEvent, Desk
from gateway.flow.device_status import DeviceStatus
from gateway.model import Health, Raise, Severity, Words
from gateway.web import live_rendering, live_socket
from gateway.web.hub import Hub
from tests.web.conftest import DEVICES, NAMES

LIVE = "/api/v1/live"


async def hear(socket, *kinds, seconds=5):
    """The next message of one of these kinds; beats are passed over."""
    async with asyncio.timeout(seconds):
        while True:
            message = await socket.receive()
            assert message.type is WSMsgType.TEXT, message
            said = json.loads(message.data)
            if said["type"] in kinds or (not kinds and said["type"] != "beat"):
                return said


async def test_first_the_whole_state_then_each_change(anju, open_client):
    alert = await anju.alert()
    client = await open_client("guard")
    async with client.ws_connect(LIVE) as socket:
        snapshot = await hear(socket)
        assert snapshot["type"] == "snapshot"
        assert [seen["id"] for seen in snapshot["alerts"]] == [alert.id]
        assert snapshot["alerts"][0]["household"]["persons"][0]["name"] == NAMES[0]
        assert {device["id"] for device in snapshot["devices"]} == {device.id for device in DEVICES}
        assert [signal["kind"] for signal in snapshot["signals"]] == ["fire.alarm"]
        assert snapshot["dropped"] == {"sightings": 0}

        await anju.desk.step(alert.id, "acknowledge", "guard", "看到了")
        changed = await hear(socket)
        assert changed["type"] == "alert"
        assert changed["number"] > snapshot["number"]
        assert changed["alert"]["state"] == "acknowledged"
        assert changed["alert"]["steps"][0]["note"] == "看到了"
        card = await hear(socket)
        assert card["incident"]["alerts"] == [alert.id]
        assert card["incident"]["state"] == "acknowledged"

        anju.hub.device_changed(DeviceStatus(DEVICES[1], Health.SILENT))
        assert (await hear(socket))["device"]["health"] == "silent"
        anju.hub.signal_seen(await anju.hear("east-door", "door.opened"))
        assert (await hear(socket))["signal"]["device_name"] == "东门门禁"
        anju.hub.dropped({"sightings": 3})
        assert (await hear(socket))["dropped"] == {"sightings": 3}


async def test_an_installers_socket_shows_no_household(anju, open_client):
    client = await open_client("installer")
    async with client.ws_connect(LIVE) as socket:
        await hear(socket)
        await anju.alert()
        assert (await hear(socket, "alert"))["alert"]["household"] is None


async def test_two_audiences_never_share_a_message(anju, open_client):
    guard, installer = await open_client("guard"), await open_client("installer")
    async with guard.ws_connect(LIVE) as one, installer.ws_connect(LIVE) as two:
        await hear(one)
        await hear(two)
        await anju.alert()
        assert (await hear(one, "alert"))["alert"]["household"] is not None
        assert (await hear(two, "alert"))["alert"]["household"] is None


async def test_a_page_that_comes_back_hears_what_it_missed(anju, open_client):
    client = await open_client("guard")
    async with client.ws_connect(LIVE) as socket:
        number = (await hear(socket))["number"]
    missed = await anju.alert()
    async with client.ws_connect(LIVE, params={"after": number}) as socket:
        said = await hear(socket)
        assert said["type"] == "alert"
        assert said["alert"]["id"] == missed.id
        number = (await hear(socket, "incident"))["number"]
    async with client.ws_connect(LIVE, params={"after": number}) as socket:
        beat = await hear(socket, "beat", "alert", "snapshot")
        assert beat["type"] == "beat", "nothing was missed: a beat at once says that it is live"
        assert beat["number"] == number


@pytest.mark.parametrize("after", [1, 2**53 - 1])
async def test_a_number_that_is_too_old_or_not_ours_gets_the_whole_state(open_client, after):
    client = await open_client("guard")
    async with client.ws_connect(LIVE, params={"after": after}) as socket:
        assert (await hear(socket))["type"] == "snapshot"


async def test_a_state_that_was_overtaken_is_not_told(anju, open_client):
    client = await open_client("guard")
    async with client.ws_connect(LIVE) as socket:
        number = (await hear(socket))["number"]
    for _ in range(50):
        await anju.alert()
    async with client.ws_connect(LIVE, params={"after": number}) as socket:
        said = await hear(socket)
        assert said["alert"]["count"] == 50
        assert len(said["alert"]["signals"]) == 20


async def test_a_page_too_slow_for_its_changes_gets_a_fresh_state(anju, open_client):
    client = await open_client("guard")
    async with client.ws_connect(LIVE) as socket:
        number = (await hear(socket))["number"]
        signal = await anju.hear("east-door", "door.opened")
        for _ in range(10_000):
            anju.hub.signal_seen(signal)
        assert len(anju.hub._ring) == 4096
        while (said := await hear(socket))["type"] != "snapshot":
            assert said["type"] == "signal"
        assert said["number"] == number + 10_000


async def test_many_pages_hear_the_same_in_the_same_order(anju, open_client):
    client = await open_client("guard")
    sockets = [await client.ws_connect(LIVE) for _ in range(8)]
    for socket in sockets:
        await hear(socket)
    for n in range(300):
        anju.hub.signal_seen(replace(await anju.hear("east-door", "door.opened", n=n)))
    for socket in sockets:
        assert [(await hear(socket))["signal"]["data"]["n"] for _ in range(300)] == list(range(300))
        await socket.close()


async def test_a_beat_while_nothing_happens(open_client, monkeypatch):
    monkeypatch.setattr(live_socket, "BEAT_S", 0.05)
    client = await open_client("guard")
    async with client.ws_connect(LIVE) as socket:
        beats = [await hear(socket, "beat") for _ in range(3)]
    assert beats[0]["at"].endswith("Z")


@pytest.mark.parametrize("how", ["password", "remove", "role"])
async def test_a_page_goes_dark_when_its_session_ends(anju, open_client, monkeypatch, how):
    monkeypatch.setattr(live_socket, "BEAT_S", 0.05)
    client = await open_client("guard")
    async with client.ws_connect(LIVE) as socket:
        await hear(socket)
        match how:
            case "password":
                await anju.users.set_password("guard", "another-one")
            case "remove":
                await anju.users.remove("guard")
            case "role":
                await anju.store.write(lambda c: c.execute("UPDATE web_users SET role = 'installer'").rowcount)
        async with asyncio.timeout(5):
            while (message := await socket.receive()).type is WSMsgType.TEXT:
                pass
        assert message.type is WSMsgType.CLOSE
        assert message.data == 4401


async def test_what_a_page_says_counts_for_nothing_and_too_much_of_it_ends_it(open_client):
    client = await open_client("guard")
    async with client.ws_connect(LIVE) as socket:
        await hear(socket)
        await socket.send_str("hello")
        await socket.send_str("x" * 10_000)
        async with asyncio.timeout(5):
            while (message := await socket.receive()).type is WSMsgType.TEXT:
                pass
        assert message.data == 1009


async def test_alarms_show_while_the_record_can_not_be_read(anju, open_client, monkeypatch):
    client = await open_client("guard")
    async with client.ws_connect(LIVE) as socket:
        await hear(socket)
        alert = await anju.alert()
        await hear(socket, "alert")

        async def broken(_query):
            raise OSError("disk gone")

        monkeypatch.setattr(anju.store, "read", broken)
        anju.hub.alert_changed(replace(alert, count=2, on_record=False))
        said = await hear(socket, "alert")
        assert said["alert"]["count"] == 2
        assert said["alert"]["on_record"] is False


async def test_the_socket_needs_a_sign_in(anju, open_client):
    client = await open_client()
    async with client.get(LIVE, headers={"Connection": "Upgrade", "Upgrade": "websocket"}) as answer:
        assert answer.status == 401
    assert anju.url


async def test_numbers_grow_across_restarts():
    first = Hub()
    for _ in range(1000):
        first.dropped({"sightings": 1})
    await asyncio.sleep(0.01)
    assert first.number < Hub().number < 2**53


async def test_the_hub_forgets_the_oldest_and_keeps_no_more():
    hub = Hub(start=100, capacity=3)
    for n in range(10):
        hub.device_changed(DeviceStatus(replace(DEVICES[0], id=f"d{n}")))
    assert hub.since(106, 10) is None
    assert [change.number for change in hub.since(107, 10)] == [108, 109, 110]
    assert [change.number for change in hub.since(107, 2)] == [108, 109]
    assert hub.since(110, 10) == []
    assert hub.since(111, 10) is None
    assert len(hub._latest) == 3


async def many_alerts(anju, severities):
    """One alert each, decided in one go."""
    signal = await anju.hear("home-1502", "fire.alarm")
    reason = Words("烟雾", "Smoke")
    decided = [
        DecisionOnEvent("home", Raise(f"k{number}", severity, "b3/u1/1502", reason, "home-1502"), signal)
        for number, severity in enumerate(severities)
    ]
    return await anju.desk.decide(decided, lambda _c: None)


async def test_of_more_alerts_than_a_snapshot_holds_the_rest_is_counted_by_severity(anju, open_client):
    """All of them critical but a few: what is left out is not said to matter less."""
    critical = await many_alerts(anju, [Severity.LOW] * 30 + [Severity.HIGH] * 70 + [Severity.CRITICAL] * 1100)
    critical = [alert for alert in critical if alert.severity is Severity.CRITICAL]
    for alert in critical[:20]:
        await anju.desk.step(alert.id, "acknowledge", "guard")
    client = await open_client("guard")
    async with client.ws_connect(LIVE, max_msg_size=0) as socket:
        snapshot = await hear(socket)
        assert {alert["severity"] for alert in snapshot["alerts"]} == {"critical"}
        assert {alert["state"] for alert in snapshot["alerts"]} == {"new"}, "those in hand come after them"
        assert (len(snapshot["alerts"]), snapshot["alerts_left_out"]) == (1000, 200)
        assert snapshot["counts"]["open"] == {"critical": 1100, "high": 70, "medium": 0, "low": 30}
        assert snapshot["counts"]["untouched"] == {"critical": 1080, "high": 70, "medium": 0, "low": 30}

        await anju.desk.step(critical[0].id, "note", "guard", "看过")
        assert (await hear(socket, "alert"))["counts"] == snapshot["counts"]
        await anju.desk.step(critical[500].id, "acknowledge", "guard")
        changed = (await hear(socket, "alert"))["counts"]
        assert (changed["open"]["critical"], changed["untouched"]["critical"]) == (1100, 1079)


async def test_as_alerts_of_too_long_a_list_are_closed_the_next_ones_come(anju, open_client, monkeypatch):
    monkeypatch.setattr(live_rendering, "MAX_ALERTS", 5)
    monkeypatch.setattr(live_socket, "_CLOSED_PER_SNAPSHOT", 2)
    alerts = await many_alerts(anju, [Severity.CRITICAL] * 6 + [Severity.LOW] * 3)
    client = await open_client("guard")
    async with client.ws_connect(LIVE) as socket:
        listed = {alert["id"] for alert in (await hear(socket))["alerts"]}
        for each in [alert for alert in alerts if alert.id in listed][:2]:
            await anju.desk.step(each.id, "acknowledge", "guard")
            await anju.desk.step(each.id, "close", "guard", data={"disposition": "real"})
        fresh = await hear(socket, "snapshot")
        assert [alert["severity"] for alert in fresh["alerts"]] == ["critical"] * 4 + ["low"]
        assert fresh["alerts_left_out"] == 2


async def test_counts_follow_every_change_of_an_alert(anju):
    alerts = await many_alerts(anju, [Severity.HIGH] * 3)
    anju.desk.memory.storage_failed("full")
    await anju.desk.step(alerts[0].id, "acknowledge", "guard")
    await anju.desk.step(alerts[0].id, "close", "guard", data={"disposition": "real"})
    await anju.desk.step(alerts[1].id, "acknowledge", "guard")
    again = Desk(anju.store, lambda: anju.now)
    await again.load()
    expected = {(Severity.HIGH, True): 1, (Severity.HIGH, False): 1}
    assert again.counts() == expected
    assert anju.desk.counts() == {**expected, (Severity.CRITICAL, True): 1}
