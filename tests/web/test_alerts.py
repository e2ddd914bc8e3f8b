"""Alerts, devices, commands and pictures, as each role sees them."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from gateway.flow.emitter import MAX_BYTES, Quarantine
from gateway.model import AlertState, Words
from gateway.store import journal
from tests.web.conftest import JPEG, NAMES, PHONES

ALERTS = "/api/v1/alerts"


async def get(client, path, status=200, **query):
    async with client.get(path, params=query) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


async def post(client, path, body=None, status=200):
    async with client.post(path, json=body if body is not None else {}) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


async def test_a_guard_sees_everything_about_an_alert(anju, open_client):
    alert = await anju.alert(temperature=71)
    seen = await get(await open_client("guard"), f"{ALERTS}/{alert.id}")
    assert seen["severity"] == "critical"
    assert seen["state"] == "new"
    assert seen["place_name"] == {"zh": "3号楼1单元1502室", "en": "Building 3 Unit 1 Room 1502"}
    assert seen["device_name"] == "1502 室内主机"
    assert seen["reason"] == "厨房烟雾报警"
    assert seen["reasons"]["en"] == "Smoke in the kitchen"
    assert seen["raised_at"].endswith("Z")
    assert seen["on_record"] is True
    assert seen["household"] == {
        "place": "b3/u1/1502",
        "persons": [
            {"name": NAMES[0], "phone": PHONES[0], "role": "owner"},
            {"name": NAMES[1], "phone": PHONES[1], "role": "family"},
        ],
        "plates": ["苏M12345"],
    }
    [signal] = seen["signals"]
    assert signal["kind"] == "fire.alarm"
    assert signal["data"] == {"temperature": 71}
    assert seen["steps"] == []


@pytest.mark.parametrize(
    ("user", "sees"), [("guard", True), ("supervisor", True), ("manager", True), ("installer", False)]
)
async def test_the_household_is_not_the_installers_business(anju, open_client, user, sees):
    alert = await anju.alert()
    client = await open_client(user)
    for text in (
        str(await get(client, f"{ALERTS}/{alert.id}")),
        str(await get(client, ALERTS)),
    ):
        assert (NAMES[0] in text) is sees
        assert (PHONES[0] in text) is sees


@pytest.mark.parametrize(
    ("user", "sees"), [("guard", False), ("supervisor", False), ("manager", True), ("installer", False)]
)
async def test_a_whole_card_number_is_for_managers_alone(anju, open_client, user, sees):
    card = {"credential": "**** 60", "format": "H10301", "card": {"number": 24960, "facility": 110}}
    await anju.hear("east-cam", "credential.presented", **card)
    [item] = (await get(await open_client(user), "/api/v1/signals?kind=credential.presented"))["items"]
    assert item["data"]["credential"] == "**** 60"
    assert ("24960" in str(item)) is sees


async def test_a_signal_is_found_by_the_id_that_its_device_gave_it(anju, open_client):
    client = await open_client("guard")
    alert = await anju.alert(called="press-7")
    await anju.hear("home-1502", "door.opened", called="press-8")
    await anju.hear("east-door", "door.opened", called="press-7")
    query = "/api/v1/signals?device=home-1502&source_id=press-7"
    [item] = (await get(client, query))["items"]
    assert (item["kind"], item["source_id"]) == ("fire.alarm", "press-7")
    assert (await get(client, f"{ALERTS}/{alert.id}"))["signals"][0]["source_id"] == "press-7"
    assert [one["source_id"] for one in (await get(client, "/api/v1/signals"))["items"]] == [
        "press-7",
        "press-8",
        "press-7",
    ]
    assert (await get(client, f"{query}9"))["items"] == []
    refused = await get(client, "/api/v1/signals?source_id=press-7", status=400)
    assert "device" in refused["error"]["message"]


async def test_what_is_asked_by_source_id_needs_no_search(anju):
    """Both columns of the index; a device that never sent it may have millions of signals."""
    asked: list[str] = []

    def look(connection):
        connection.set_trace_callback(asked.append)
        for kind, before in itertools.product((None, "fire.alarm"), (None, 9)):
            journal.signals(connection, device="d", source_id="i", kind=kind, before=before)
        connection.set_trace_callback(None)
        return [[row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")] for sql in asked]

    plans = await anju.store.read(look)
    assert len(plans) == 4
    for plan in plans:
        assert plan[0].startswith("SEARCH journal USING INTEGER PRIMARY KEY"), plan
        assert "journal_source (device=? AND source_id=?)" in plan[-1]


async def test_an_installer_sees_no_face_and_no_name_in_signals(anju, open_client):
    face = await anju.alert(
        "f", "gate/east", "east-cam", "face.watchlisted", person="p1", name="某人", distance=0.3, snapshot="a" * 64
    )
    fence = await anju.alert("m", "gate/east", "east-cam", "motion.started", snapshot="b" * 64, score=0.9)
    installer, guard = await open_client("installer"), await open_client("guard")

    seen = await get(installer, f"{ALERTS}/{face.id}")
    assert seen["snapshot"] is None
    assert seen["signals"][0]["snapshot"] is None
    assert seen["signals"][0]["data"] == {"distance": 0.3}
    assert seen["reasons"]["en"] == "Concerns a person; not shown to installers"
    assert (await get(installer, f"{ALERTS}/{fence.id}"))["reasons"]["en"] == "Smoke in the kitchen"
    assert (await get(installer, f"{ALERTS}/{fence.id}"))["snapshot"] == f"/api/v1/snapshots/{'b' * 64}.jpg"

    assert (await get(guard, f"{ALERTS}/{face.id}"))["snapshot"] == f"/api/v1/snapshots/{'a' * 64}.jpg"
    assert "某人" in str(await get(guard, "/api/v1/signals"))
    assert "某人" not in str(await get(installer, "/api/v1/signals"))
    assert "a" * 64 not in str(await get(installer, "/api/v1/signals"))


async def test_the_camera_of_an_alert(anju, open_client):
    client = await open_client("guard")
    at_the_gate = await anju.alert("1", "gate/east", "east-door", "door.forced")
    at_home = await anju.alert("2")
    assert (await get(client, f"{ALERTS}/{at_the_gate.id}"))["camera"] == "east-cam"
    assert (await get(client, f"{ALERTS}/{at_home.id}"))["camera"] is None


async def test_the_life_of_an_alert(anju, open_client):
    alert = await anju.alert()
    guard, supervisor = await open_client("guard"), await open_client("supervisor")
    path = f"{ALERTS}/{alert.id}"
    assert (await post(guard, f"{path}/acknowledge", {"note": "看到了"}))["state"] == "acknowledged"
    assert (await post(guard, f"{path}/on-scene"))["state"] == "on_scene"
    assert (await post(supervisor, f"{path}/hold", {"note": "等电工"}))["state"] == "on_hold"
    assert (await post(supervisor, f"{path}/assign", {"user": "guard"}))["assignee"] == "guard"
    await post(guard, f"{path}/note", {"note": "已通知 1502"})
    closed = await post(guard, f"{path}/close", {"disposition": "false", "note": "做饭"})
    assert closed["state"] == "closed"
    assert closed["disposition"] == "false"
    assert [(step["action"], step["user"], step["note"]) for step in closed["steps"]] == [
        ("acknowledge", "guard", "看到了"),
        ("on-scene", "guard", ""),
        ("hold", "supervisor", "等电工"),
        ("assign", "supervisor", ""),
        ("note", "guard", "已通知 1502"),
        ("close", "guard", "做饭"),
    ]
    assert [step["to"] for step in closed["steps"]] == [None, None, None, "guard", None, None]


async def test_whom_an_alert_may_be_given_to(open_client):
    assert (await get(await open_client("guard"), "/api/v1/guards"))["items"] == [
        {"user": "guard", "role": "guard"},
        {"user": "supervisor", "role": "supervisor"},
    ]


async def test_acknowledging_needs_no_body(anju, open_client):
    alert = await anju.alert()
    client = await open_client("guard")
    async with client.post(f"{ALERTS}/{alert.id}/acknowledge") as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("language", "message"), [("zh", "警情未处理，不能结警"), ("en", "can't close an alert that is new")]
)
async def test_a_step_the_state_does_not_allow_is_a_conflict_in_words(anju, open_client, language, message):
    alert = await anju.alert()
    client = await open_client("guard")
    client.headers["Accept-Language"] = language
    body = await post(client, f"{ALERTS}/{alert.id}/close", {"disposition": "real"}, status=409)
    assert body == {"error": {"code": "conflict", "message": message}}
    assert (await anju.desk.alert(alert.id)).state is AlertState.NEW


@pytest.mark.parametrize(
    ("step", "body", "status"),
    [
        ("close", {}, 400),
        ("close", {"disposition": "lunch"}, 400),
        ("note", {}, 400),
        ("note", {"note": "x" * 2001}, 400),
        ("assign", {}, 400),
        ("assign", {"user": "nobody"}, 404),
        ("assign", {"user": "installer"}, 404),
        ("acknowledge", {"user": "manager"}, 400),
    ],
)
async def test_a_step_that_is_not_whole_changes_nothing(anju, open_client, step, body, status):
    alert = await anju.alert()
    client = await open_client("guard")
    await post(client, f"{ALERTS}/{alert.id}/{step}", body, status=status)
    assert await anju.desk.steps(alert.id) == []


@pytest.mark.parametrize(
    ("step", "body", "zh", "en"),
    [
        (
            "close",
            {"disposition": "lunch"},
            "disposition:不正确",
            "disposition Input should be 'real', 'false', 'nuisance', 'test' or 'drill'",
        ),
        ("close", {"disposition": ["real"]}, "disposition:不正确", None),
        ("close", {}, "disposition:缺少", "disposition is missing"),
        ("note", {"note": ""}, "note:不能为空", "note must not be empty"),
        ("note", {"note": " \n"}, "note:不能为空", "note must not be empty"),
        ("assign", {"user": ""}, "user:不能为空", "user must not be empty"),
    ],
)
async def test_a_step_without_what_it_needs_is_a_bad_request_for_any_alert(anju, open_client, step, body, zh, en):
    alert = await anju.alert()
    client = await open_client("guard")
    for language, message in (("zh", zh), ("en", en)):
        client.headers["Accept-Language"] = language
        for alert_id in (alert.id, "a-nothing"):
            answer = await post(client, f"{ALERTS}/{alert_id}/{step}", body, status=400)
            assert answer["error"]["code"] == "bad_request"
            assert message in {None, answer["error"]["message"]}


async def test_pages_of_alerts(anju, open_client):
    for n in range(5):
        anju.now += timedelta(seconds=1)
        await anju.alert(key=f"k{n}")
    client = await open_client("guard")
    first = await get(client, ALERTS, limit=2)
    second = await get(client, ALERTS, limit=2, after=first["next"])
    third = await get(client, ALERTS, limit=2, after=second["next"])
    times = [alert["raised_at"] for page in (first, second, third) for alert in page["items"]]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) == 5
    assert third["next"] is None


async def test_alerts_by_state(anju, open_client):
    client = await open_client("guard")
    one, two = await anju.alert("1"), await anju.alert("2")
    await anju.desk.step(one.id, "acknowledge", "guard")
    for state, found in (("open", {one.id, two.id}), ("new", {two.id}), ("acknowledged", {one.id}), ("closed", set())):
        assert {alert["id"] for alert in (await get(client, ALERTS, state=state))["items"]} == found
    await get(client, ALERTS, status=400, state="sleeping")
    await get(client, ALERTS, status=400, limit=501)
    await get(client, ALERTS, status=400, colour="red")


async def test_an_alert_that_is_not_there(open_client):
    client = await open_client("guard")
    await get(client, f"{ALERTS}/a-0", status=404)
    await post(client, f"{ALERTS}/a-0/acknowledge", status=404)


async def test_an_alarm_that_could_not_be_written_is_shown_and_can_be_seen_to(anju, open_client):
    signal = await anju.hear("home-1502", "gas.alarm")
    anju.desk.memory.alarm(signal, "b3/u1/1502", Words("燃气报警（未存档）", "Gas (not on record)"))
    [alert] = anju.desk.open_alerts()
    client = await open_client("guard")
    seen = await post(client, f"{ALERTS}/{alert.id}/acknowledge")
    assert seen["on_record"] is False
    assert seen["signals"][0]["kind"] == "gas.alarm"
    assert seen["household"]["persons"]


async def test_pages_of_signals(anju, open_client):
    for n in range(5):
        await anju.hear("east-door", "door.opened", n=n)
    await anju.hear("home-1502", "gas.alarm")
    client = await open_client("guard")
    page = await get(client, "/api/v1/signals", device="east-door", limit=3)
    assert [signal["data"]["n"] for signal in page["items"]] == [4, 3, 2]
    rest = await get(client, "/api/v1/signals", device="east-door", limit=3, after=page["next"])
    assert [signal["data"]["n"] for signal in rest["items"]] == [1, 0]
    assert rest["next"] is None
    [gas] = (await get(client, "/api/v1/signals", kind="gas.alarm"))["items"]
    assert gas["place_name"]["zh"] == "3号楼1单元1502室"


async def test_devices(open_client):
    items = (await get(await open_client("installer"), "/api/v1/devices"))["items"]
    door = next(device for device in items if device["id"] == "east-door")
    assert door["actions"] == {"unlock": ["seconds"]}
    assert door["health"] == "online"
    assert door["type"] == "door"


@pytest.mark.parametrize(
    ("fault", "shown", "both"),
    [
        (None, None, None),
        (Words("线路中断", "the cable is out"), "线路中断", {"zh": "线路中断", "en": "the cable is out"}),
        ("jammed", "jammed", {"zh": "jammed", "en": "jammed"}),
    ],
)
async def test_why_a_device_is_lost_is_shown_in_both_languages(anju, open_client, fault, shown, both):
    anju.fault = fault
    first = (await get(await open_client("guard"), "/api/v1/devices"))["items"][0]
    assert (first["fault"], first["faults"]) == (shown, both)


async def test_a_command_is_ordered_in_the_users_name(anju, open_client):
    client = await open_client("guard")
    body = await post(
        client, "/api/v1/devices/east-door/commands", {"action": "unlock", "arguments": {"seconds": 5}}, status=202
    )
    [command] = anju.ordered
    assert body == {"id": command.id}
    assert (command.device, command.action, command.arguments, command.by) == (
        "east-door",
        "unlock",
        {"seconds": 5},
        "guard",
    )


@pytest.mark.parametrize(
    ("device", "body", "status"),
    [
        ("nothing", {"action": "unlock"}, 404),
        ("east-cam", {"action": "unlock"}, 400),
        ("east-door", {"action": "explode"}, 400),
        ("east-door", {"action": "unlock", "arguments": {"days": 5}}, 400),
        ("east-door", {"action": "unlock", "by": "manager"}, 400),
        ("east-door", {}, 400),
    ],
)
async def test_a_command_that_makes_no_sense_is_not_ordered(anju, open_client, device, body, status):
    await post(await open_client("guard"), f"/api/v1/devices/{device}/commands", body, status=status)
    assert anju.ordered == []


async def test_pictures(anju, open_client):
    client = await open_client("guard")
    async with client.get("/api/v1/cameras/east-cam/snapshot.jpg") as answer:
        assert await answer.read() == JPEG
        assert answer.headers["Cache-Control"] == "no-store"
    for path in ("/api/v1/cameras/east-door/snapshot.jpg", "/api/v1/cameras/none/snapshot.jpg"):
        await get(client, path, status=404)
    name = anju.store.media.keep(JPEG)
    async with client.get(f"/api/v1/snapshots/{name}.jpg") as answer:
        assert await answer.read() == JPEG
        assert answer.content_type == "image/jpeg"
        assert answer.headers["Cache-Control"].startswith("private")
    for bad in ("0" * 64, "..%2f..%2fanju", "%2e%2e"):
        await get(client, f"/api/v1/snapshots/{bad}.jpg", status=404)


@pytest.mark.parametrize("said", ["../../api/v1/session", "x", 5, {"a": 1}])
async def test_no_address_is_made_of_what_a_device_said(anju, open_client, said):
    """As an older gateway may have put it on record."""
    alert = await anju.alert("m", "gate/east", "east-cam", "motion.started", snapshot=said)
    seen = await get(await open_client("guard"), f"{ALERTS}/{alert.id}")
    assert (seen["snapshot"], seen["signals"][0]["snapshot"]) == (None, None)


async def test_quarantine_shows_bytes_and_no_more(anju, open_client):
    await anju.store.write(
        lambda c: (
            c.execute(
                "INSERT INTO quarantine (at, device, why, data) VALUES (1, 'east-door', 'not JSON', ?)",
                (b"\xff" * 5000,),
            ).rowcount
        )
    )
    [item] = (await get(await open_client("installer"), "/api/v1/quarantine"))["items"]
    assert item["size"] == 5000
    assert item["data"] == "ff" * 1024
    assert item["why"] == "not JSON"
    assert item["whys"] == {"zh": "not JSON", "en": "not JSON"}


async def test_quarantine_shows_that_nothing_came(anju, open_client):
    await Quarantine(anju.store, lambda: datetime(2026, 11, 29, tzinfo=UTC)).keep("east-door", "empty", b"")
    [item] = (await get(await open_client("installer"), "/api/v1/quarantine"))["items"]
    assert (item["size"], item["data"]) == (0, "")


async def test_quarantine_says_why_in_both_languages(anju, open_client):
    quarantine = Quarantine(anju.store, lambda: datetime(2026, 11, 29, tzinfo=UTC))
    await quarantine.keep("east-door", Words("不是 JSON", "not JSON"), b"hello")
    await quarantine.keep("east-door", Words("不是 JSON", "not JSON"), bytes(MAX_BYTES + 1))
    long, short = (await get(await open_client("installer"), "/api/v1/quarantine"))["items"]
    assert short["why"] == "不是 JSON"
    assert short["whys"] == {"zh": "不是 JSON", "en": "not JSON"}
    assert long["whys"]["zh"] == "不是 JSON（共 65537 字节，只存前 65536）"
    assert long["whys"]["en"] == "not JSON (first 65536 of 65537 bytes)"


async def test_the_compound_is_for_the_sign_in_page(open_client):
    assert await get(await open_client(), "/api/v1/compound") == {
        "name": "西子御园",
        "language": "zh",
        "property_phone": "0523-8320 1234",
        "public_url": "https://anju.example",
        "timezone": "Asia/Shanghai",
        "version": "0.1.0",
    }
