"""Clips that several tests watch."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.vision.clips import face, pass_by, plate, wall, write_clip


@pytest.fixture(scope="session")
def face_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1.5 s of a wall, then a face crosses for 4 s, then the wall again."""
    return write_clip(tmp_path_factory.mktemp("clips") / "face.mp4", pass_by(wall(), face(220), 80, steps=40))


@pytest.fixture(scope="session")
def plate_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pictures = pass_by(wall(), plate("苏M12345", 200), 200, steps=40)
    return write_clip(tmp_path_factory.mktemp("clips") / "plate.mp4", pictures)
