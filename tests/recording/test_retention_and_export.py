"""What is kept, for how long, and how it is handed out."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.model import Alert
from gateway.recording import rows
from gateway.recording.clip import RecordedClip
from gateway.recording.retention import purge
from gateway.recording.storage import DraftMetadata
from gateway.store import audit
from tests.recording.conftest import World

KEEP = timedelta(days=30)


async def keep(world: World, alert: Alert, content: bytes = b"movie", age: timedelta = timedelta()) -> RecordedClip:
    draft = world.clip_storage.draft("film")
    draft.mp4.write_bytes(content)
    name, size = world.clip_storage.store(draft)
    ended = world.now - age
    clip = RecordedClip(
        alert=alert.id, camera="fence", began=ended - timedelta(seconds=30), ended=ended, file=name, size=size
    )
    await world.store.write(lambda c: rows.append(c, clip, ended))
    old = time.time() - age.total_seconds() - 7200
    os.utime(world.clip_storage._path(name), (old, old))
    return clip


class TestRetention:
    async def test_what_was_nothing_goes_and_what_was_real_or_is_open_stays(self, world: World) -> None:
        age = KEEP + timedelta(days=1)
        clips = {}
        for key in ("real", "false", "nuisance", "test", "drill", "open"):
            alert = await world.alert(key=key)
            clips[key] = await keep(world, alert, key.encode(), age)
            if key != "open":
                await world.close(alert, key)
        fresh = await world.alert(key="fresh")
        clips["fresh"] = await keep(world, fresh, b"fresh", KEEP - timedelta(days=1))
        await world.close(fresh, "false")
        assert await purge(world.store, world.clip_storage, world.now, KEEP) == 4
        left = {key for key, clip in clips.items() if world.clip_storage.path(clip.file)}
        assert left == {"real", "open", "fresh"}
        assert {clip.file for clip in await world.store.read(lambda c: rows.newest(c, 99))} == {
            clips[key].file for key in left
        }

    async def test_that_it_went_is_on_record_with_its_hash(self, world: World) -> None:
        alert = await world.alert()
        clip = await keep(world, alert, age=KEEP * 2)
        await world.close(alert, "false")
        await purge(world.store, world.clip_storage, world.now, KEEP)
        gone = (await world.desk.steps(alert.id))[-1]
        assert (gone.action, gone.data["sha256"]) == ("clip-expired", clip.file)
        assert await world.store.read(audit.broken_at) is None

    async def test_a_file_that_another_alert_stands_on_stays(self, world: World) -> None:
        real, false = await world.alert(key="real"), await world.alert(key="false")
        one, two = await keep(world, real, age=KEEP * 2), await keep(world, false, age=KEEP * 2)
        assert one.file == two.file
        await world.close(real, "real")
        await world.close(false, "false")
        assert await purge(world.store, world.clip_storage, world.now, KEEP) == 1
        assert world.clip_storage.path(one.file)

    async def test_a_file_whose_row_is_still_to_come_stays(self, world: World) -> None:
        draft = world.clip_storage.draft("film")
        draft.mp4.write_bytes(b"new")
        name, _ = world.clip_storage.store(draft)
        await purge(world.store, world.clip_storage, world.now, KEEP)
        assert world.clip_storage.path(name)

    async def test_many_go_in_batches(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gateway.recording.retention.BATCH_SIZE", 3)
        monkeypatch.setattr("gateway.recording.retention.PAUSE_S", 0)
        alert = await world.alert()
        for number in range(8):
            await keep(world, alert, bytes((number,)), KEEP * 2)
        await world.close(alert, "test")
        assert await purge(world.store, world.clip_storage, world.now, KEEP) == 8
        assert not list(world.clip_storage._all())


class TestShelf:
    def test_a_note_survives(self, world: World) -> None:
        draft = world.clip_storage.draft("film")
        note = DraftMetadata("fence", ("a-1", "a-2"), 123.5)
        draft.write_metadata(note)
        assert draft.read_metadata() == note

    def test_files_are_for_the_daemon_alone(self, world: World) -> None:
        draft = world.clip_storage.draft("film")
        draft.mp4.write_bytes(b"movie")
        name, _ = world.clip_storage.store(draft)
        path = world.clip_storage.path(name)
        assert path is not None
        assert path.stat().st_mode & 0o077 == 0
        assert path.parent.stat().st_mode & 0o077 == 0

    @pytest.mark.parametrize("name", ["", "../../anju.db", "0" * 63, "G" * 64])
    def test_a_name_that_is_no_hash_is_nothing(self, world: World, name: str) -> None:
        assert world.clip_storage.path(name) is None


def anju(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["clips", *arguments])
    return done.exit_code, done.output


class TestExport:
    @pytest.fixture
    async def alert(self, world: World) -> Alert:
        """A real one with two recordings, seen to and closed."""
        alert = await world.alert()
        await keep(world, alert, b"movie one")
        await keep(world, alert, b"movie two")
        await world.close(alert, "real")
        return alert

    def run(self, world: World, alert: Alert, out: Path) -> tuple[int, str]:
        data = str(world.store.path.parent)
        return anju("export", alert.id, "--out", str(out), "--by", "王警官", "--data", data)

    async def exported(self, world: World, alert: Alert, out: Path) -> tuple[int, str]:
        """In another process, as it would be: the gateway is running."""
        return await asyncio.to_thread(self.run, world, alert, out)

    async def test_recordings_story_and_hashes(self, world: World, alert: Alert, tmp_path: Path) -> None:
        out = tmp_path / "evidence"
        status, said = await self.exported(world, alert, out)
        assert status == 0, said
        assert "2 recordings" in said
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        assert manifest["format"] == "anju-clips/1"
        assert manifest["exported_by"] == "王警官"
        assert manifest["alert"]["id"] == alert.id
        assert manifest["alert"]["disposition"] == "real"
        assert {(out / clip["file"]).read_bytes() for clip in manifest["clips"]} == {b"movie one", b"movie two"}
        assert [row["action"] for row in manifest["story"]] == [
            "clip", "clip", "acknowledge", "close", "clip-export",
        ]  # fmt: skip
        assert manifest["audit"]["broken_at"] is None
        assert manifest["audit"]["head"] == manifest["story"][-1]["hash"]
        assert [signal["kind"] for signal in manifest["signals"]] == ["x.test"]
        assert anju("verify", str(out)) == (0, f"{out} is as it was exported\n")

    @pytest.mark.needs("sha256sum", "coreutils")
    async def test_anybody_can_check_it(self, world: World, alert: Alert, tmp_path: Path) -> None:
        await self.exported(world, alert, tmp_path / "evidence")
        command = [shutil.which("sha256sum") or "", "--check", "--strict", "SHA256SUMS"]
        subprocess.run(command, cwd=tmp_path / "evidence", check=True, capture_output=True, timeout=20)

    async def test_a_recording_that_was_changed_is_told(self, world: World, alert: Alert, tmp_path: Path) -> None:
        [one, _] = await world.clips(alert)
        world.clip_storage._path(one.file).write_bytes(b"another movie")
        status, said = await self.exported(world, alert, tmp_path / "evidence")
        assert status == 1
        assert f"{one.id}.mp4 is not what was recorded" in said

    async def test_one_that_is_gone_is_told(self, world: World, alert: Alert, tmp_path: Path) -> None:
        [one, _] = await world.clips(alert)
        world.clip_storage._path(one.file).unlink()
        status, said = await self.exported(world, alert, tmp_path / "evidence")
        assert status == 1
        assert f"{one.id}.mp4 is missing" in said

    async def test_a_story_that_was_changed_is_told(self, world: World, alert: Alert, tmp_path: Path) -> None:
        await world.store.write(lambda c: c.execute("UPDATE steps SET user = 'x' WHERE action = 'close'").rowcount)
        status, said = await self.exported(world, alert, tmp_path / "evidence")
        assert status == 1
        assert "the audit chain is broken at step 4" in said

    @pytest.mark.parametrize("what", ["movie", "story", "manifest"])
    async def test_verify_finds_what_was_changed_afterwards(
        self, world: World, alert: Alert, tmp_path: Path, what: str
    ) -> None:
        out = tmp_path / "evidence"
        await self.exported(world, alert, out)
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        if what == "movie":
            (out / manifest["clips"][0]["file"]).write_bytes(b"x")
        if what == "story":
            manifest["story"][2]["user"] = "somebody else"
            (out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        if what == "manifest":
            (out / "manifest.json").unlink()
        assert anju("verify", str(out))[0] == 1

    async def test_an_alert_that_is_not_there_is_told(self, world: World, alert: Alert, tmp_path: Path) -> None:
        object.__setattr__(alert, "id", "a-nothing")
        status, said = await self.exported(world, alert, tmp_path / "evidence")
        assert (status, "there is no alert a-nothing" in said) == (1, True)
        assert not (tmp_path / "evidence").exists()

    async def test_the_newest_are_listed(self, world: World, alert: Alert) -> None:
        data = str(world.store.path.parent)
        for arguments in ([], [alert.id]):
            status, said = await asyncio.to_thread(anju, "list", *arguments, "--data", data)
            assert status == 0
            assert len(said.splitlines()) == 2
            assert "30 s\tfence" in said
