"""The sections `patrols` and `duty` of desk.yaml: what is read, and mistakes with line and fix."""

from __future__ import annotations

from datetime import timedelta

import pytest

PATROLS = """\
patrols:
  checkpoints:
    - {id: east, name: 东门, place: gate/east}
    - {id: n1, name: {zh: 北墙, en: North wall}, place: wall/n1}
  rounds:
    - id: night
      name: 夜间
      checkpoints: [east, n1]
      times: ["22:00", 2:00]
"""
DUTY = """\
duty:
  rounds:
    - id: fire
      name: 消防控制室
      place: gate/east
      items:
        - {id: panel, text: 正常}
"""


def write(folder, text):
    (folder.path / "desk.yaml").write_text(text, "utf-8")


def test_a_round_is_read_with_its_defaults(folder):
    write(folder, PATROLS)
    patrols = folder.load().desk.patrols
    [night] = patrols.rounds
    assert night.times == ("22:00", "02:00")
    assert (night.tolerance, night.longest) == (timedelta(minutes=15), timedelta(minutes=15))
    assert len(night.days) == 7
    assert patrols.late == timedelta(hours=24)


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("[east, n1]", "[east, n2]", "desk.yaml:8: 'checkpoints': checkpoint 'n2' does not exist, use one of east, n1"),
        ("[east, n1]", "[east, east]", "desk.yaml:8: 'checkpoints': checkpoint 'east' is twice in this round, make it"),
        ('"22:00"', '"25:00"', "desk.yaml:9: 'times': '25:00' is no time of day, write it as '22:00'"),
        ('"22:00"', "22", "desk.yaml:9: 'times': 22 is no time of day, write it as '22:00'"),
        ("place: wall/n1", "place: wall/n7", "desk.yaml:4: place 'wall/n7' does not exist, did you mean"),
        ("{id: n1", "{id: east", "desk.yaml:4: id 'east' is given twice, choose another"),
        ("id: night", "id: night\n      shortest: 20m", "desk.yaml:7: 'shortest' is not shorter than"),
        ("id: night", "id: night\n      days: [mo]", "desk.yaml:7: 'days'"),
        ("place: gate/east", "place: gate/east, reader: p9", "desk.yaml:3: 'reader': device 'p9' does not exist"),
        (
            "id: night",
            "id: night\n      tolerence: 5m",
            "desk.yaml:7: unknown key 'tolerence', did you mean 'tolerance'?",
        ),
    ],
)
def test_mistakes_of_patrols(folder, old, new, mistake):
    write(folder, PATROLS.replace(old, new, 1))
    [found] = folder.mistakes()[:1]
    assert found.startswith(mistake), found


def test_a_card_can_not_mean_two_checkpoints(folder):
    folder.panel()
    write(folder, PATROLS.replace("gate/east}", "gate/east, reader: p1}").replace("wall/n1}", "wall/n1, reader: p1}"))
    [found] = folder.mistakes()
    assert found.startswith("desk.yaml:4: reader 'p1' is at two checkpoints"), found


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("id: fire", "id: fire\n      every: 5m", "desk.yaml:4: 'every' is too short"),
        ("id: fire", "id: fire\n      grace: 2h", "desk.yaml:4: 'grace' is not shorter than 'every'"),
        ("id: fire", "id: fire\n      people: 0", "desk.yaml:4: 'people'"),
        (
            "- {id: panel",
            "- {id: panel, text: 好}\n        - {id: panel",
            "desk.yaml:8: id 'panel' is given twice",
        ),
        ("text: 正常", "text: 正常, kind: tik", "desk.yaml:7: 'kind'"),
    ],
)
def test_mistakes_of_the_duty_log(folder, old, new, mistake):
    write(folder, DUTY.replace(old, new, 1))
    [found] = folder.mistakes()[:1]
    assert found.startswith(mistake), found
