"""Exports: their manifest, and what shows a change."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.model import Alert
from tests.recording.clips import store_clip
from tests.recording.conftest import World


def anju(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["clips", *arguments])
    return done.exit_code, done.output


class TestExport:
    @pytest.fixture
    async def alert(self, world: World) -> Alert:
        """A real one with two recordings, seen to and closed."""
        alert = await world.alert()
        await store_clip(world, alert, b"movie one")
        await store_clip(world, alert, b"movie two")
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
