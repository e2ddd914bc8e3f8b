"""Pictures that a guard keeps, and an alert's recordings as one archive: complete, hashed, and on record with who."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta

from gateway.model import Role, Step
from gateway.recording import rows
from gateway.recording.clip import RecordedClip
from gateway.recording.manifest import verify_export
from gateway.store import audit, retention
from gateway.web.desk_options import DeskOptions
from tests.web.conftest import JPEG, world

MOVIE = bytes(range(256)) * 5000
SHA = hashlib.sha256(JPEG).hexdigest()


async def clip_of(anju, alert):
    draft = anju.clip_storage.draft("film")
    draft.mp4.write_bytes(MOVIE)
    name, size = anju.clip_storage.store(draft)
    at = anju.now
    until = at + timedelta(seconds=30)
    made = RecordedClip(alert=alert.id, camera="east-cam", began=at, ended=until, file=name, size=size)
    await anju.store.write(lambda c: rows.append(c, made, at))
    return made


def gate_alert(anju):
    return anju.alert(place="gate/east", device="east-door", kind="door.forced")


async def take(client, camera="east-cam", status=201, **body):
    async with client.post(f"/api/v1/cameras/{camera}/snapshots", json=body) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


async def export(client, alert, status=200):
    async with client.get(f"/api/v1/alerts/{alert}/export.zip") as answer:
        assert answer.status == status, await answer.text()
        return await answer.read(), answer.headers


async def test_a_kept_picture_is_stored_by_its_hash_and_on_record(anju, open_client):
    alert, client = await gate_alert(anju), await open_client("guard")
    kept = await take(client, alert=alert.id)
    assert (kept["sha256"], kept["user"], kept["camera"], kept["alert"]) == (SHA, "guard", "east-cam", alert.id)
    path = anju.store.media.path(SHA)
    assert path is not None
    assert hashlib.sha256(path.read_bytes()).hexdigest() == SHA
    async with client.get(kept["url"]) as answer:
        assert await answer.read() == JPEG
    [action] = [each for each in anju.acted if each.kind == "snapshot.taken"]
    assert (action.user, action.alert, action.device, action.data["sha256"]) == ("guard", alert.id, "east-cam", SHA)
    [step] = await anju.desk.steps(alert.id)
    assert (step.action, step.user, step.data["sha256"]) == ("snapshot", "guard", SHA)
    async with client.get(f"/api/v1/alerts/{alert.id}/snapshots") as answer:
        assert (await answer.json())["items"] == [kept]
    for user, shown in (("guard", kept["url"]), ("installer", None)):
        async with (await open_client(user)).get(f"/api/v1/alerts/{alert.id}") as answer:
            assert [step["snapshot"] for step in (await answer.json())["steps"]] == [shown]


async def test_a_picture_for_an_incident_is_kept_with_its_most_severe_alert(anju, open_client):
    alert, client = await gate_alert(anju), await open_client("guard")
    async with client.get("/api/v1/incidents?state=open") as answer:
        [incident] = (await answer.json())["items"]
    assert incident["cameras"] == ["east-cam"]
    kept = await take(client, incident=incident["id"])
    assert kept["alert"] == alert.id
    await take(client, incident="i-nothing", status=404)


async def test_a_kept_picture_is_not_purged(anju, open_client):
    await take(await open_client("guard"))
    held = await anju.store.read(lambda c: retention.snapshots_of_alerts(c, SHA[:2]))
    assert held == {SHA}
    assert await anju.store.read(lambda c: retention.snapshots_of_alerts(c, "00")) == set()


async def test_what_is_no_camera_or_no_alert_keeps_nothing(anju, open_client):
    client = await open_client("guard")
    await take(client, "east-door", 404)
    await take(client, "nothing", 404)
    await take(client, alert="a-nothing", status=404)
    assert [each for each in anju.acted if each.kind == "snapshot.taken"] == []


async def test_a_picture_that_is_not_on_record_is_not_told_as_kept(anju, open_client):
    client = await open_client("guard")
    anju.broken_disk = True
    await take(client, status=503)


async def test_the_archive_is_complete_and_verifies(anju, open_client, tmp_path):
    alert = await gate_alert(anju)
    clip = await clip_of(anju, alert)
    await take(await open_client("guard"), alert=alert.id)
    data, headers = await export(await open_client("supervisor"), alert.id)
    assert headers["Content-Disposition"] == f'attachment; filename="{alert.id}.zip"'
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == sorted([f"{clip.id}.mp4", f"{SHA}.jpg", "manifest.json", "SHA256SUMS"])
        archive.extractall(tmp_path / "out")
    assert (tmp_path / "out" / f"{clip.id}.mp4").read_bytes() == MOVIE
    assert verify_export(tmp_path / "out") == []
    manifest = json.loads((tmp_path / "out/manifest.json").read_text("utf-8"))
    assert [kept["by"] for kept in manifest["snapshots"]] == ["guard"]
    assert manifest["exported_by"] == "supervisor"
    assert [row["action"] for row in manifest["story"]] == ["clip", "snapshot", "clip-export"]
    [action] = [each for each in anju.acted if each.kind == "evidence.exported"]
    assert (action.user, action.alert, action.data["clips"]) == ("supervisor", alert.id, [clip.id])
    (tmp_path / "out" / f"{clip.id}.mp4").write_bytes(MOVIE[:-1])
    assert verify_export(tmp_path / "out") == [f"{clip.id}.mp4 is not what was exported"]


async def test_a_recording_that_is_not_what_was_recorded_is_said_in_the_archive(anju, open_client):
    alert = await gate_alert(anju)
    clip = await clip_of(anju, alert)
    path = anju.clip_storage.path(clip.file)
    path.chmod(0o600)
    path.write_bytes(b"something else")
    data, _ = await export(await open_client("supervisor"), alert.id)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read("PROBLEMS.txt") == f"{clip.id}.mp4 is not what was recorded\n".encode()


async def test_nothing_is_sent_that_is_not_on_record(anju, open_client):
    alert = await gate_alert(anju)
    client = await open_client("supervisor")
    anju.broken_disk = True
    await export(client, alert.id, 503)


async def test_a_guard_exports_where_the_supervisor_allows_it(tmp_path, open_client, anju):
    alert = await gate_alert(anju)
    await export(await open_client("guard"), alert.id, 403)
    await export(await open_client("installer"), alert.id, 403)
    everybody = DeskOptions(export_roles=frozenset({Role.GUARD, Role.SUPERVISOR, Role.MANAGER}))
    facts = anju.services.get_compound()
    object.__setattr__(anju.services, "get_compound", lambda: replace(facts, desk=everybody))
    await export(await open_client("guard"), alert.id)
    await export(await open_client("installer"), alert.id, 403)


async def test_too_much_for_one_export_is_refused_before_it_begins(tmp_path):
    async with world(tmp_path, desk=DeskOptions(export_bytes=1_000_000)) as anju:
        alert = await gate_alert(anju)
        await clip_of(anju, alert)
        import aiohttp

        async with aiohttp.ClientSession(anju.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
            user = {"user": "supervisor", "password": "supervisor"}
            async with client.post("/api/v1/session", json=user) as answer:
                assert answer.status == 200
            await export(client, alert.id, 413)
        assert [each for each in anju.acted if each.kind == "evidence.exported"] == []


async def test_the_chain_is_whole_after_all_of_it(anju, open_client):
    alert = await gate_alert(anju)
    await take(await open_client("guard"), alert=alert.id)
    await export(await open_client("supervisor"), alert.id)
    assert await anju.store.read(audit.broken_at) is None
    step = Step(alert.id, "x", "y", anju.now)
    await anju.store.write(lambda c: audit.append(c, step))
    assert (await anju.store.read(audit.chain_head))["head"] == (await anju.store.read(audit.chain_summary))["head"]
