from pathlib import Path

import pytest

from gateway.config import Configuration, load
from gateway.errors import ConfigError

COMPOUND = """\
name: 西子御园
places: {gate/east: 东门, wall/n1: {zh: 北围墙1段, en: North wall 1}}
buildings: [{id: b3, name: 3号楼, units: 2, floors: 3, rooms: 2}]
mqtt:
  endpoint: {listen: 127.0.0.1:0}
"""
PANEL = "- {id: p1, kind: tests.config.a_driver, name: 主机, place: gate/east"


class Folder:
    """A configuration that is right until a test writes something else into it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.compound(COMPOUND)
        self.devices("[]")
        self.rules("[]")

    def compound(self, text: str) -> None:
        (self.path / "compound.yaml").write_text(text, "utf-8")

    def devices(self, text: str) -> None:
        (self.path / "devices.yaml").write_text(f"devices:\n{text}\n" if text != "[]" else "devices: []\n", "utf-8")

    def panel(self, more: str = "") -> None:
        self.devices(f"{PANEL}{more and ', '}{more}}}")

    def rules(self, text: str) -> None:
        (self.path / "rules.yaml").write_text(f"rules:\n{text}\n" if text != "[]" else "rules: []\n", "utf-8")

    def secrets(self, text: str, mode: int = 0o600) -> None:
        file = self.path / "secrets.yaml"
        file.write_text(text, "utf-8")
        file.chmod(mode)

    def load(self) -> Configuration:
        return load(self.path)

    def mistakes(self) -> list[str]:
        """Every mistake as `file:line: what, mend`, without the folder."""
        try:
            self.load()
        except ConfigError as error:
            return [f"{m.file.name}:{m.line}: {m.what}, {m.mend}" for m in error.mistakes]
        return []


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)
