"""The list `notifiers` of desk.yaml: settings by kind, mistakes with line and fix, what a reload makes of it."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from gateway.config.difference import compare
from gateway.config.kinds import find_notifier, known_kinds
from gateway.config.schema import schemas
from gateway.settings.mend import Wrong
from tests.config.a_notifier import Post

WECOM = "- {id: guards, kind: wecom, key: !secret wecom_key"


def write(folder, text, secrets="wecom_key: 'the-wecom-key'\n"):
    folder.secrets(secrets)
    (folder.path / "desk.yaml").write_text(f"notifiers:\n{text}\n", "utf-8")


def commented(root) -> str:
    """The list of the shipped file, taken out of its comments."""
    text = (root / "config/desk.yaml").read_text("utf-8")
    return re.sub(r"(?m)^#", "", text.partition("\nnotifiers: []\n")[2])


def test_every_kind_stands_in_the_shipped_file_and_is_right(root, folder):
    secrets = (root / "config/secrets.yaml.example").read_text("utf-8")
    write(folder, commented(root), secrets)
    folder.devices("- {id: siren-gate, kind: tests.config.a_driver, name: 警号, place: gate/east}")
    assert folder.mistakes() == []
    found = folder.load().notifiers
    assert sorted(entry.common.kind for entry in found) == known_kinds("notifier")
    defaults = {entry.id: entry.give_up_after for entry in found}
    assert defaults["call"] == timedelta(hours=1)
    assert defaults["gate-siren"] == timedelta(minutes=5)
    assert defaults["mail"] == timedelta(days=1)


def test_an_editor_takes_the_shipped_file_too(root):
    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.add_constructor("!secret", lambda _, node: node.value)
    listed = yaml.load(f"notifiers:\n{commented(root)}")
    validator = Draft202012Validator(schemas()["desk"])
    assert [error.message for error in validator.iter_errors(json.loads(json.dumps(listed)))] == []
    listed["notifiers"][0]["kee"] = 1
    assert list(validator.iter_errors(listed))


def test_a_third_partys_notifier_is_found_by_its_dotted_name(folder):
    write(folder, "- {id: post, kind: tests.config.a_notifier, door: north, language: both}")
    [entry] = folder.load().notifiers
    assert entry.notifier is Post
    assert (entry.settings.door, entry.common.language) == ("north", "both")


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("- {id: guards, kind: wecomm}", "unknown notifier 'wecomm', did you mean 'wecom'?"),
        ("- {id: guards, kind: wecom}", "'guards': 'key' is missing, add 'key: …'"),
        (
            "- {id: guards, kind: wecom, key: plain-key}",
            "'key': a password is in plain text, move it to secrets.yaml and write '!secret NAME' (only",
        ),
        (f"{WECOM}, kee: 1}}", "unknown key 'kee', did you mean 'key'?"),
        (f"{WECOM}, quiet: 22-7}}", "'quiet': '22-7' are no hours of a day, write such as 22:00-07:00"),
        (f"{WECOM}, per_minute: 0}}", "'per_minute': 0 can't be, write at least 1"),
        (f"{WECOM}, severities: []}}", "'severities': a list can't be, give at least 1"),
        (f"{WECOM}, may_name: [rom]}}", "'may_name': 'rom' can't be, did you mean 'room'?"),
        (f"{WECOM}, probe_every: 2h}}", "'probe_every': 2h is too long, write at most 55m"),
        ("- guards", "an entry has no keys, write '- id: …' and its keys below"),
        (
            "- {id: s, kind: command, device: siren-9, action: on}",
            "device 'siren-9' does not exist, there is none yet",
        ),
        ("- {id: p, kind: json}", "unknown notifier 'json', known are"),
    ],
)
def test_mistakes_have_line_and_fix(folder, line, mistake):
    write(folder, line)
    [found] = folder.mistakes()
    assert found.startswith(f"desk.yaml:2: {mistake}")


def test_a_whole_address_instead_of_a_key_is_told_and_not_shown(folder):
    write(folder, f"{WECOM}}}", "wecom_key: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=s3cr3t'\n")
    [found] = folder.mistakes()
    assert found.startswith("desk.yaml:2: 'key': this is a whole address, write only what follows key=")
    assert "s3cr3t" not in found


def test_ids_are_used_once_and_a_list_is_a_list(folder):
    write(folder, f"{WECOM}}}\n{WECOM}}}")
    assert folder.mistakes() == ["desk.yaml:3: duplicate id 'guards', choose another (line 2 has it already)"]
    (folder.path / "desk.yaml").write_text("notifiers: {id: x}\n", "utf-8")
    assert folder.mistakes() == ["desk.yaml:1: 'notifiers' is no list, write '- id: …' and its keys below"]


def test_a_password_in_an_address_is_refused(folder):
    write(folder, "- {id: p, kind: tests.config.a_notifier, door: 'http://user:pass@host/'}")
    fix = "put the whole address into secrets.yaml and write '!secret NAME'"
    assert folder.mistakes() == [f"desk.yaml:2: a password stands in this address, {fix}"]


def test_the_text_for_the_record_holds_no_secret(folder):
    write(folder, f"{WECOM}}}")
    loaded = folder.load()
    assert "the-wecom-key" not in loaded.text
    assert "the-wecom-key" not in repr(loaded.notifiers)


def test_a_reload_names_what_is_added_changed_and_removed(folder):
    write(folder, f"{WECOM}}}\n- {{id: post, kind: tests.config.a_notifier, door: north}}")
    old = folder.load()
    write(folder, f"{WECOM}, language: en}}\n- {{id: next, kind: tests.config.a_notifier, door: north}}")
    changes = compare(old, folder.load()).notifiers
    assert (changes.added, changes.removed, dict(changes.changed)) == (("next",), ("post",), {"guards": ("language",)})
    assert compare(old, folder.load()).is_live


@pytest.mark.parametrize("kind", ["tests.config.a_driver", "tests.config.no_such", "gateway.notifier"])
def test_a_module_without_a_notifier_is_told(kind):
    with pytest.raises(Wrong):
        find_notifier(kind)
