"""The folder of recordings."""

from __future__ import annotations

import pytest

from gateway.recording.storage import DraftMetadata
from tests.recording.conftest import World


class TestStorage:
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
