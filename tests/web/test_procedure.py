"""The procedure of an incident over HTTP, on a real store: steps, calls, commands, and what blocks closing."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.config.desk import Procedure
from gateway.config.desk.contacts import NATIONAL
from gateway.config.desk.procedures import SHIPPED
from gateway.config.shipped_procedures import shipped_procedure
from gateway.desk import Desk
from gateway.desk.procedures import ProcedureList
from gateway.store import Store, audit
from tests.web.conftest import NAMES, PHONES, world
from tests.web.test_alerts import get, post

DOOR = Procedure.model_validate(
    {
        "id": "door",
        "name": {"zh": "开门", "en": "Door"},
        "kinds": ["door.held"],
        "steps": [
            {"id": "open", "text": {"zh": "开门", "en": "Open"}, "command": {"devices": "door", "action": "unlock"}},
            {"id": "siren", "text": {"zh": "警号", "en": "Siren"}, "command": {"devices": "siren", "action": "on"}},
        ],
    }
)


@pytest.fixture
def procedures(anju):
    listed = (*(shipped_procedure(name) for name in SHIPPED), DOOR)
    anju.desk.procedures.list = ProcedureList(listed, NATIONAL, ZoneInfo("Asia/Shanghai"))
    return anju


async def opened(anju, kind="fire.alarm", place="b3/u1/1502", key="k") -> str:
    alert = await anju.alert(key, place=place, kind=kind)
    return f"/api/v1/incidents/{alert.incident}"


async def take(client, incident, step, answer="", status=200, **body):
    return await post(client, f"{incident}/procedure/steps/{step}", {"answer": answer, **body}, status)


async def test_it_applies_by_kind_and_its_answers_open_steps(procedures, open_client):
    client = await open_client("guard")
    incident = await opened(procedures)
    seen = await get(client, f"{incident}/procedure")
    assert seen["procedure"]["id"] == "fire"
    assert [step["id"] for step in seen["procedure"]["steps"]] == ["confirm"]
    assert seen["procedure"]["next"] == "confirm"
    assert [each["id"] for each in seen["choices"] if each["applies"]] == ["fire"]
    seen = await take(client, incident, "confirm", "false", note="灰尘")
    assert [step["id"] for step in seen["procedure"]["steps"]] == ["confirm", "false-reset"]
    [entry] = seen["procedure"]["steps"][0]["entries"]
    assert (entry["user"], entry["answer_texts"]["zh"], entry["note"]) == ("guard", "误报", "灰尘")
    told = [each for each in (await get(client, incident))["story"] if each["kind"] == "procedure-answer"]
    assert told[0]["texts"]["en"].endswith("What is it? → False alarm (灰尘)")


async def test_mandatory_steps_block_closing_the_incident_and_its_last_alert(procedures, open_client):
    client = await open_client("guard")
    incident = await opened(procedures)
    [alert] = (await get(client, incident))["alerts"]
    await post(client, f"{incident}/acknowledge")
    for path in (incident, f"/api/v1/alerts/{alert}"):
        refused = await post(client, f"{path}/close", {"disposition": "false"}, 409)
        assert refused["error"]["code"] == "steps_open"
        assert "预案「火警处置预案」还有必做步骤没有完成：通知巡逻岗" in refused["error"]["message"]
    assert (await get(client, incident))["state"] == "acknowledged"
    await take(client, incident, "confirm", "false")
    await take(client, incident, "false-reset")
    await post(client, f"{incident}/close", {"disposition": "false"})


async def test_another_alert_of_the_incident_is_closed_freely_but_not_the_last(procedures, open_client):
    client = await open_client("guard")
    incident = await opened(procedures)
    await procedures.alert("k2", kind="zone.alarm")
    first, second = (await get(client, incident))["alerts"]
    await post(client, f"{incident}/acknowledge")
    await post(client, f"/api/v1/alerts/{first}/close", {"disposition": "false"})
    await post(client, f"/api/v1/alerts/{second}/close", {"disposition": "false"}, 409)
    await post(client, f"{incident}/close", {"disposition": "false"}, 409)


@pytest.mark.parametrize("disposition", ["test", "drill"])
async def test_what_was_planned_is_closed_without_the_procedure(procedures, open_client, disposition):
    client = await open_client("guard")
    incident = await opened(procedures)
    await post(client, f"{incident}/acknowledge")
    await post(client, f"{incident}/close", {"disposition": disposition})


async def test_a_supervisor_may_close_all_the_same_with_a_reason(procedures, open_client):
    guard, supervisor = await open_client("guard"), await open_client("supervisor")
    incident = await opened(procedures)
    await post(guard, f"{incident}/acknowledge")
    body = {"disposition": "false", "override": True, "note": "消防队已接手"}
    await post(guard, f"{incident}/close", body, 403)
    await post(supervisor, f"{incident}/close", {**body, "note": " "}, 400)
    await post(supervisor, f"{incident}/close", body)
    rows = await procedures.store.read(lambda c: audit.steps_of(c, incident.rpartition("/")[2]))
    [closed] = [row for row in rows if row.action == "close"]
    assert closed.data["skipped"] == ["confirm"]
    assert closed.note == "消防队已接手"


async def test_a_look_at_numbers_is_on_record_and_not_for_everybody(procedures, open_client):
    client = await open_client("guard")
    incident = await opened(procedures, "medical.alarm")
    assert PHONES[0] not in str(await get(client, f"{incident}/procedure"))
    shown = await post(client, f"{incident}/procedure/steps/residents/numbers")
    assert [(each["name"], each["phone"]) for each in shown["items"]] == list(zip(NAMES, PHONES, strict=True))
    rows = await procedures.store.read(lambda c: audit.steps_of(c, incident.rpartition("/")[2]))
    [look] = [row for row in rows if row.action == "number-view"]
    assert look.user == "guard"
    assert look.data["whose"]["place"] == "b3/u1/1502"
    assert len(look.data["whose"]["persons"]) == 2
    assert PHONES[0] not in str(rows)
    for user in ("installer", "manager"):
        await post(await open_client(user), f"{incident}/procedure/steps/residents/numbers", status=403)
    await take(client, incident, "residents", "not_reached", note="关机")
    await take(client, incident, "residents", "reached")
    steps = (await get(client, f"{incident}/procedure"))["procedure"]["steps"]
    assert [each["answer"] for each in steps[0]["entries"]] == ["not_reached", "reached"]
    assert steps[0]["done_at"]
    installer = await get(await open_client("installer"), f"{incident}/procedure")
    assert "关机" not in str(installer)
    assert installer["procedure"]["steps"][0]["call"]["known"] is False


async def test_a_contacts_number_is_shown_by_its_name(procedures, open_client):
    client = await open_client("guard")
    incident = await opened(procedures)
    await take(client, incident, "confirm", "fire")
    shown = await post(client, f"{incident}/procedure/steps/call-119/numbers")
    assert shown["items"] == [{"name": "消防救援", "role": None, "phone": "119"}]
    missing = await post(client, f"{incident}/procedure/steps/call-supervisor/numbers")
    assert missing["items"][0]["phone"] == ""
    await post(client, f"{incident}/procedure/steps/evacuate/numbers", status=404)


async def test_a_command_is_confirmed_sent_once_and_named_in_the_step(procedures, open_client):
    client = await open_client("guard")
    incident = await opened(procedures, "door.held", "gate/east")
    await take(client, incident, "open", status=400)
    assert procedures.ordered == []
    await take(client, incident, "open", confirmed=True)
    assert [(each.device, each.action, each.by) for each in procedures.ordered] == [("east-door", "unlock", "guard")]
    await take(client, incident, "open", status=409, confirmed=True)
    assert len(procedures.ordered) == 1
    await take(client, incident, "open", confirmed=True, again=True)
    assert len(procedures.ordered) == 2
    await take(client, incident, "siren", note="手动拉响")  # no siren here: done by hand
    rows = await procedures.store.read(lambda c: audit.steps_of(c, incident.rpartition("/")[2]))
    assert [row.data["commands"] for row in rows if "commands" in row.data] == [
        [each.id] for each in procedures.ordered
    ]


async def test_another_procedure_is_chosen_with_a_reason(procedures, open_client):
    client = await open_client("guard")
    incident = await opened(procedures, "zone.alarm")
    path = f"{incident}/procedure"
    await post(client, path, {"procedure": "panic"}, 400)
    await post(client, path, {"procedure": "nothing", "note": "x"}, 404)
    await post(client, path, {"procedure": "burglary", "note": "x"}, 409)
    seen = await post(client, path, {"procedure": "panic", "note": "住户呼救"})
    assert (seen["procedure"]["id"], seen["procedure"]["chosen_by"]) == ("panic", "guard")
    assert seen["procedure"]["reason"] == "住户呼救"
    await procedures.alert("f", kind="fire.alarm")
    assert (await get(client, path))["procedure"]["id"] == "fire"


@pytest.mark.parametrize(
    ("step", "body", "status"),
    [
        ("confirm", {}, 400),
        ("confirm", {"answer": "perhaps"}, 400),
        ("confirm", {"answer": "x" * 41}, 400),
        ("confirm", {"answer": "false", "note": "x" * 2001}, 400),
        ("confirm", {"answer": "false", "more": 1}, 400),
        ("evacuate", {}, 404),  # no answer has opened it
        ("nothing", {}, 404),
    ],
)
async def test_what_a_step_does_not_take_is_refused(procedures, open_client, step, body, status):
    client = await open_client("guard")
    await post(client, f"{await opened(procedures)}/procedure/steps/{step}", body, status)


async def test_a_step_is_done_once_and_only_while_the_incident_is_open(procedures, open_client):
    client = await open_client("guard")
    incident = await opened(procedures)
    await take(client, incident, "confirm", "false")
    await take(client, incident, "confirm", "false", 409)
    await take(client, incident, "false-reset")
    await take(client, incident, "false-reset", status=409)
    await post(client, f"{incident}/acknowledge")
    await post(client, f"{incident}/close", {"disposition": "false"})
    await take(client, incident, "confirm", "fire", 404)


@pytest.mark.parametrize("user", ["manager", "installer"])
async def test_only_guards_and_supervisors_take_steps(procedures, open_client, user):
    client = await open_client(user)
    incident = await opened(procedures)
    await take(client, incident, "confirm", "false", 403)
    await post(client, f"{incident}/procedure", {"procedure": "gas", "note": "x"}, 403)
    assert (await get(client, f"{incident}/procedure"))["procedure"]["id"] == "fire"


async def test_what_is_overdue_shows(procedures, open_client):
    client = await open_client("guard")
    incident = await opened(procedures)
    assert not (await get(client, f"{incident}/procedure"))["procedure"]["steps"][0]["overdue"]
    procedures.now += timedelta(minutes=3, seconds=1)
    assert (await get(client, f"{incident}/procedure"))["procedure"]["steps"][0]["overdue"]


async def test_what_was_done_goes_along_when_incidents_are_merged(procedures, open_client):
    client = await open_client("guard")
    first, second = await opened(procedures), await opened(procedures, place="b3/u1/1503", key="other")
    assert first != second
    await take(client, second, "confirm", "fire")
    await post(client, f"{first}/merge", {"incident": second.rpartition("/")[2]})
    seen = await get(client, f"{first}/procedure")
    assert seen["procedure"]["next"] == "call-119"


async def test_progress_is_there_after_a_restart(tmp_path):
    listed = ProcedureList((shipped_procedure("fire"),), NATIONAL)
    async with world(tmp_path / "data") as made:
        made.desk.procedures.list = listed
        alert = await made.alert()
        await made.desk.procedures.take(alert.incident, "confirm", "guard", "fire")
    async with Store.open(tmp_path / "data") as store:
        desk = Desk(store, lambda: made.now)
        await desk.load()
        desk.procedures.list = listed
        now = await desk.procedures.current(desk.state.incidents[alert.incident])
        assert now.progress.next.step.id == "call-119"


async def test_the_report_shows_story_procedure_and_hashes(procedures, open_client):
    client = await open_client("guard")
    incident = await opened(procedures)
    await take(client, incident, "confirm", "fire", note="<b>浓烟</b>")
    name = incident.rpartition("/")[2]
    async with client.get(f"/reports/incident/{name}") as answer:
        page = await answer.text()
        assert answer.status == 200, page
    head = await procedures.store.read(audit.head)
    assert head in page
    assert "火警处置预案" in page
    assert "确认火灾" in page
    assert "&lt;b&gt;浓烟&lt;/b&gt;" in page
    async with client.get(f"/reports/incident/{name}?lang=en") as answer:
        assert "It is a fire" in await answer.text()
    rows = await procedures.store.read(lambda c: audit.steps_of(c, name))
    assert [row.user for row in rows if row.action == "report-view"] == ["guard", "guard"]
    for user, status in (("installer", 403), ("manager", 200), (None, 401)):
        async with (await open_client(user)).get(f"/reports/incident/{name}") as answer:
            assert answer.status == status
    async with client.get("/reports/incident/i-none") as answer:
        assert answer.status == 404
