"""access.yaml: optional, with defaults; mistakes with line and fix; the law on faces."""

from __future__ import annotations

import pytest
from ruamel.yaml import YAML

from gateway.config import load
from gateway.config.access import AccessSettings

DEVICES = """
- {id: door, kind: mqtt_device, type: door, name: 门, place: gate/east, account: a, actions: {unlock: [seconds]}}
- {id: gate, kind: mqtt_device, type: barrier, name: 闸, place: gate/east, account: a, actions: {open: []}}
- {id: cam, kind: camera, name: 相机, place: gate/east, source: "rtsp://127.0.0.1/x"}
- {id: reader, kind: mqtt_device, type: reader, name: 读卡器, place: gate/east, account: a}
"""


@pytest.fixture
def doors(folder):
    """Writes access.yaml; returns its mistakes."""
    account = "mqtt: {endpoint: {listen: 127.0.0.1:0}, accounts: [{user: a, password: !secret a}]}\n"
    text = (folder.path / "compound.yaml").read_text("utf-8")
    folder.compound(text[: text.index("mqtt:")] + account)
    folder.secrets("a: b\n")
    folder.devices(DEVICES)

    def mistakes(content: str) -> list[str]:
        (folder.path / "access.yaml").write_text(content, "utf-8")
        return folder.mistakes()

    return mistakes


def test_the_file_is_optional_and_so_is_every_key(folder):
    assert folder.load().access == AccessSettings()


def test_the_shipped_file_says_the_defaults(root, folder):
    text = (root / "config/access.yaml").read_text("utf-8")
    (folder.path / "access.yaml").write_text(text, "utf-8")
    assert folder.load().access == AccessSettings()


def test_the_shipped_sections_are_the_defaults_when_uncommented(root):
    text = (root / "config/access.yaml").read_text("utf-8")
    lines = [line.removeprefix("# ") for line in text.splitlines() if line.startswith("# ") and "--" not in line]
    start = lines.index("holidays:")
    # The examples below `schedules: {}`, `groups: {}` and so on are one level deeper, and no part of the default.
    kept, example = [], False
    for line in lines[start:]:
        if not line.startswith(" "):
            example = line.split("#")[0].rstrip().endswith(("{}", "[]"))
        if not (example and line.startswith(" ")):
            kept.append(line)
    assert AccessSettings.model_validate(YAML(typ="safe").load("\n".join(kept))) == AccessSettings()


def test_the_shipped_door_shows_every_key_with_its_default(root):
    text = (root / "config/access.yaml").read_text("utf-8")
    at = text.index("#   - device: door-b1-u1")
    shown = "\n".join(line.removeprefix("# ") for line in text[at:].splitlines() if line.startswith("#"))
    [door] = YAML(typ="safe").load(shown)
    [found] = AccessSettings.model_validate({"doors": [door]}).doors
    assert set(door) == set(type(found).model_fields)
    assert set(door["readers"][0]) == set(type(found.readers[0]).model_fields)
    bare = AccessSettings.model_validate({"doors": [{"device": door["device"]}]}).doors[0]
    changed = {key for key in door if getattr(found, key) != getattr(bare, key)}
    assert changed == {"place", "readers"}, "all others are the defaults"


def test_the_demo_uses_every_section(root):
    access = load(root / "config/demo").access
    assert all(getattr(access, key) for key in ("schedules", "groups", "barred", "zones", "doors"))


@pytest.mark.parametrize(
    ("door", "mistake"),
    [
        ("device: dor", "device 'dor' does not exist, did you mean 'door'?"),
        ("device: gate", "'gate' takes no command 'unlock', set open.action to one of open"),
        ("device: door, open: {action: unlok}", "'door' takes no command 'unlok', did you mean 'unlock'?"),
        ("device: door, open: {arguments: {secs: 5}}", "'unlock' of 'door' takes no argument 'secs', did you mean"),
        ("device: reader", "'reader' takes no command 'unlock', choose what opens"),
        ("device: door, allow: [{groups: [x]}]", "group 'x' does not exist, add it under 'groups'"),
        ("device: door, allow: [{residents: [b9]}]", "no place is or begins with 'b9'"),
        ("device: door, allow: [{residents: [here], schedule: x}]", "schedule 'x' does not exist, add it under"),
        ("device: door, enters: x", "zone 'x' does not exist, add it under 'zones'"),
        ("device: door, interlock: [door]", "a door can't wait for itself, name the other door"),
        ("device: door, readers: [{device: reader}, {device: reader}]", "reader 'reader' is listed at 'door' already"),
        ("device: door, kinds: [card], allow: [{residents: [here], kinds: [pin]}]", "the door does not take 'pin'"),
        ("device: door, floors: [{floor: 1}]", "a lift's command must name the floors, set `open.floors_as`"),
    ],
)
def test_mistakes_across_the_files_are_told_with_line_and_fix(doors, door, mistake):
    [found] = doors(f"doors:\n  - {{{door}}}\n")
    assert found.startswith("access.yaml:2: ")
    assert mistake in found


@pytest.mark.parametrize(
    "door",
    [
        "kinds: [face]",
        "kinds: [face, remote]",
        "allow: [{residents: [here], kinds: [face]}]",
        "kinds: [face, card], readers: [{device: cam, kinds: [face]}]",
    ],
)
def test_a_face_is_never_the_only_way_in(doors, door):
    found = doors(f"doors:\n  - {{device: door, {door}}}\n")
    assert len(found) == 1
    assert "a face would be the only way in, which the law forbids" in found[0]
    assert "《人脸识别技术应用安全管理办法》第十条" in found[0]


@pytest.mark.parametrize(
    "door",
    [
        "kinds: [face, card]",
        "kinds: [card]",
        "allow: [{residents: [here], kinds: [face]}, {residents: [here], kinds: [card]}]",
        "kinds: [face, phone], readers: [{device: cam, kinds: [face]}]",
        "kinds: [face, card], readers: [{device: cam, kinds: [face]}, {device: reader}]",
    ],
)
def test_a_face_beside_another_way_is_allowed(doors, door):
    assert doors(f"doors:\n  - {{device: door, {door}}}\n") == []
