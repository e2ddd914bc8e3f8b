"""Handing over: both sign, incidents are taken over or ring again, and a missing signature is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.config.desk import Shift
from gateway.desk.limits import Limits
from gateway.model import AlertState, Role
from gateway.store import audit
from tests.web.test_incidents import json_of

PATH = "/api/v1/handovers"
DAY_AND_NIGHT = (
    Shift.model_validate({"name": "白班", "hours": "08:00-20:00"}),
    Shift.model_validate({"name": "夜班", "hours": "20:00-08:00"}),
)
SIGNED = {"incoming": "supervisor", "password": "supervisor", "note": "二号门电池待换"}


def at(anju, hour: int, minute: int = 0, day: int = 30) -> None:
    """Set the clock to that hour in Shanghai."""
    anju.now = datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


async def two_incidents(anju, open_client):
    anju.desk.state.fold.limits = Limits()
    one = await anju.alert("smoke")
    other = await anju.alert("gate", place="gate/east", device="east-door", kind="door.forced")
    guard = await open_client("guard")
    for alert in (one, other):
        await json_of(guard, "POST", f"/api/v1/incidents/{alert.incident}/acknowledge", json={})
    return guard, one, other


async def test_what_was_taken_over_is_the_incoming_guard_s_and_the_rest_rings(anju, open_client):
    at(anju, 19, 50)
    anju.shifts = DAY_AND_NIGHT
    guard, one, other = await two_incidents(anju, open_client)
    await json_of(guard, "POST", f"/api/v1/incidents/{other.incident}/hold", json={"minutes": 30, "note": "等物业"})
    current = await json_of(guard, "GET", f"{PATH}/current")
    report = current["report"]
    assert (report["shift"], report["ended_at"], current["unsigned"]) == ("白班", "2026-11-30T12:00:00.000Z", None)
    assert report["on_duty"] == ["guard"]
    held = next(item for item in report["incidents"]["items"] if item["id"] == other.incident)
    assert (held["state"], held["held_until"], held["notes"]) == (
        "on_hold",
        "2026-11-30T12:20:00.000Z",
        ["guard：等物业"],
    )
    signed = await json_of(guard, "POST", PATH, json={**SIGNED, "take": [one.incident]})
    assert (signed["outgoing"], signed["incoming"], signed["shift"]) == ("guard", "supervisor", "白班")
    states = {alert.id: (alert.state, alert.assignee) for alert in anju.desk.open_alerts()}
    assert states == {one.id: (AlertState.ACKNOWLEDGED, "supervisor"), other.id: (AlertState.NEW, "guard")}
    assert await anju.store.read(audit.head) == signed["head"]
    assert await anju.store.read(audit.broken_at) is None
    story = (await json_of(guard, "GET", f"/api/v1/incidents/{other.incident}"))["story"]
    assert "未被接班人接手，重新响铃" in [entry["texts"]["zh"] for entry in story]


async def test_a_shift_is_signed_once_and_found_by_its_day(anju, open_client):
    at(anju, 19, 50)
    anju.shifts = DAY_AND_NIGHT
    guard, one, _ = await two_incidents(anju, open_client)
    first = await json_of(guard, "POST", PATH, json=SIGNED)
    await json_of(guard, "POST", f"/api/v1/incidents/{one.incident}/acknowledge", json={})
    again = await json_of(guard, "POST", PATH, json=SIGNED)
    assert again["ended_at"] is None, "in the middle of the next shift"
    at(anju, 8, 1, day=1)
    listed = await json_of(guard, "GET", PATH, params={"day": "2026-11-30"})
    assert [item["number"] for item in listed["items"]] == [again["number"], first["number"]]
    assert (await json_of(guard, "GET", PATH, params={"day": "2026-11-29"}))["items"] == []
    page = await json_of(guard, "GET", PATH, params={"limit": 1})
    assert (page["items"][0]["number"], page["next"]) == (again["number"], again["number"])
    rest = await json_of(guard, "GET", PATH, params={"after": page["next"]})
    assert [item["number"] for item in rest["items"]] == [first["number"]]


async def test_nothing_has_changed_when_it_can_not_be_signed(anju, open_client):
    at(anju, 19, 50)
    guard, *_ = await two_incidents(anju, open_client)
    refused = [
        ({**SIGNED, "password": "wrong"}, 403),
        ({**SIGNED, "incoming": "nobody"}, 403),
        ({**SIGNED, "incoming": "installer", "password": "installer"}, 403),
        ({**SIGNED, "incoming": "guard", "password": "guard"}, 400),
        ({"incoming": "supervisor"}, 400),
    ]
    for body, status in refused:
        await json_of(guard, "POST", PATH, status, json=body)
    assert {alert.state for alert in anju.desk.open_alerts()} == {AlertState.ACKNOWLEDGED}
    assert (await json_of(guard, "GET", PATH))["items"] == []


async def test_a_write_that_fails_undoes_the_whole_handover(anju, open_client):
    at(anju, 19, 50)
    guard, one, _ = await two_incidents(anju, open_client)
    await anju.store.write(
        lambda c: c.execute("CREATE TRIGGER no BEFORE INSERT ON handovers BEGIN SELECT no(); END") and None
    )
    async with guard.post(PATH, json=SIGNED) as answer:
        assert answer.status >= 400
    assert {alert.state for alert in anju.desk.open_alerts()} == {AlertState.ACKNOWLEDGED}
    assert "ring" not in [step.action for step in await anju.desk.steps(one.incident)]


async def test_an_unsigned_shift_is_known_until_somebody_signs(anju, open_client):
    at(anju, 19, 50)
    anju.shifts = DAY_AND_NIGHT
    guard, *_ = await two_incidents(anju, open_client)
    at(anju, 20, 5)
    unsigned = (await json_of(guard, "GET", f"{PATH}/current"))["unsigned"]
    assert unsigned == {
        "shift": "白班",
        "ended_at": "2026-11-30T12:00:00.000Z",
        "due_at": "2026-11-30T12:45:00.000Z",
    }
    await json_of(guard, "POST", PATH, json=SIGNED)
    assert (await json_of(guard, "GET", f"{PATH}/current"))["unsigned"] is None


async def test_the_printed_page_has_both_names_and_the_chain_s_head(anju, open_client):
    at(anju, 19, 50)
    guard, one, _ = await two_incidents(anju, open_client)
    signed = await json_of(guard, "POST", PATH, json={**SIGNED, "take": [one.incident]})
    for language, title in (("zh", "交接班记录"), ("en", "Handover")):
        async with guard.get(f"/handovers/{signed['number']}/print", params={"lang": language}) as answer:
            page = await answer.text()
            assert answer.status == 200
            wanted = (title, "guard", "supervisor", signed["head"], "<svg", "二号门电池待换")
            assert [text for text in wanted if text not in page] == []
    for wrong in ("999", "x", "9" * 40):
        async with guard.get(f"/handovers/{wrong}/print") as answer:
            assert answer.status == 404
    viewed = await anju.store.read(
        lambda c: c.execute("SELECT user, data FROM steps WHERE action = 'handover-view'").fetchall()
    )
    assert [row["user"] for row in viewed] == ["guard"]


async def test_an_installer_sees_none(open_client):
    installer = await open_client(Role.INSTALLER.value)
    await json_of(installer, "GET", f"{PATH}/current", 403)


async def test_a_page_reports_that_it_is_open(anju, open_client):
    guard = await open_client("guard")
    body = {"page": "0123456789ab", "sound": "blocked", "idle_s": 4}
    await json_of(guard, "POST", "/api/v1/desk/presence", 204, json=body)
    [screen] = anju.services.presence.screens()
    assert (screen.user, screen.silent_since is not None) == ("guard", True)
    await json_of(guard, "POST", "/api/v1/desk/presence", 204, json={**body, "gone": True})
    assert anju.services.presence.screens() == []
    await json_of(guard, "POST", "/api/v1/desk/presence", 400, json={"page": "<script>"})


async def test_a_hold_names_its_end_and_a_reminder_its_time(anju, open_client):
    guard, one, _ = await two_incidents(anju, open_client)
    path = f"/api/v1/incidents/{one.incident}"
    await json_of(guard, "POST", f"{path}/hold", 400, json={"minutes": 0})
    await json_of(guard, "POST", f"{path}/hold", 400, json={"minutes": 5, "until": anju.now.isoformat()})
    await json_of(guard, "POST", f"{path}/hold", 400, json={"until": (anju.now - timedelta(hours=1)).isoformat()})
    await json_of(guard, "POST", f"{path}/hold", json={"minutes": 5})
    shown = await json_of(guard, "POST", f"{path}/remind", json={"minutes": 3, "note": "回电"})
    assert shown["remind_note"] == "回电"
    assert shown["escalation"]["level"] == 0
    await json_of(guard, "POST", "/api/v1/incidents/i-nothing/remind", 404, json={"minutes": 3, "note": "x"})


async def test_the_card_says_when_the_next_step_comes_and_what_it_does(anju, open_client):
    anju.desk.state.fold.limits = Limits()
    alert = await anju.alert("smoke")
    guard = await open_client("guard")
    path = f"/api/v1/incidents/{alert.incident}"
    card = await json_of(guard, "GET", path)
    assert card["limit_at"] == card["escalation"]["next_at"], "fire: thirty seconds"
    assert card["escalation"]["next"] == {"zh": "本台加大音量", "en": "this desk becomes louder"}
    anju.now += timedelta(seconds=31)
    await anju.desk.clock.take_due()
    async with guard.ws_connect("/api/v1/live") as live:
        snapshot = await live.receive_json()
        assert snapshot["type"] == "snapshot"
        anju.now += timedelta(seconds=60)
        await anju.desk.clock.take_due()
        while (heard := await live.receive_json())["type"] != "incident":
            pass
    escalation = heard["incident"]["escalation"]
    assert (escalation["level"], escalation["louder"], escalation["every_desk"]) == (2, True, True)
    assert (escalation["next"], [taken["zh"] for taken in escalation["taken"]]) == (
        None,
        ["本台加大音量", "所有值班台响铃"],
    )
    story = (await json_of(guard, "GET", path))["story"]
    assert [entry["texts"]["zh"] for entry in story if entry["kind"] == "escalate"] == [
        "本台加大音量",
        "所有值班台响铃",
    ]
