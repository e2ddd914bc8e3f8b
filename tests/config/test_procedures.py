"""The sections `procedures` and `contacts` of desk.yaml: mistakes with line and fix, and what is in use."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import time

import pytest

from gateway.config.desk import Procedure
from gateway.config.desk.procedures import SHIPPED
from gateway.config.shipped_procedures import FOLDER, procedures_in_use, shipped_procedure
from gateway.settings.hours import parse_hours
from gateway.settings.mend import Wrong

HEAD = "procedures:\n  own:\n    - id: p\n      name: 试\n      kinds: [zone.alarm]\n      steps:\n"
TEXT = "text: {zh: 做, en: Do}"


@pytest.fixture
def desk(folder):
    def write(text: str) -> list[str]:
        (folder.path / "desk.yaml").write_text(text, "utf-8")
        return folder.mistakes()

    return write


def steps(*lines: str) -> str:
    return HEAD + "".join(f"        - {{{line}, {TEXT}}}\n" for line in lines)


def question(*opens: str) -> str:
    answers = (f"{{id: a{n}, text: 是, opens: [{o}]}}" for n, o in enumerate(opens))
    return f"question: [{', '.join(answers)}]"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (steps("id: a", "id: a"), "desk.yaml:8: 'id': step 'a' is given twice, choose another id"),
        (
            steps(f"id: a, {question('bb', 'b')}", "id: b"),
            "desk.yaml:7: 'opens': step 'bb' does not exist in 'p', did you mean 'b'?",
        ),
        (steps(f"id: a, {question('a', '')}"), "desk.yaml:7: 'opens': step 'a' opens itself, name another step"),
        (
            steps("id: s", f"id: a, {question('b', '')}", f"id: b, {question('a', '')}"),
            "desk.yaml:9: 'opens': the steps go in a circle: a → b → a, let the last one open a step of its own",
        ),
        (
            steps("id: s", f"id: a, {question('b, c', '')}", f"id: b, {question('a', '')}", "id: c"),
            "desk.yaml:9: 'opens': the steps go in a circle: a → b → a, let the last one open a step of its own",
        ),
        (
            steps("id: a, question: [{id: y, text: 是}]"),
            "desk.yaml:7: 'question': step 'a' has one answer, give at least two",
        ),
        (
            steps(f"id: a, call: police, {question('', '')}"),
            "desk.yaml:7: 'question': step 'a' has call and question, make a step of each",
        ),
        (steps("id: a, call: polise"), "desk.yaml:7: contact 'polise' does not exist, did you mean 'police'?"),
        (
            steps("id: a, command: {device: p9, action: arm}"),
            "desk.yaml:7: device 'p9' does not exist, use one of p1",
        ),
        (
            steps("id: a, command: {device: p1, action: amr}"),
            "desk.yaml:7: 'p1' takes no command 'amr', there is none yet",
        ),
        (
            steps("id: a, command: {action: arm}"),
            "desk.yaml:7: 'command': a command goes to one device or to one type, write either 'device' or 'devices'",
        ),
        (
            steps("id: a, within: 90"),
            "desk.yaml:7: 'within': 90 is no length of time, write it with its unit, such as 90s",
        ),
        (steps("id: a, within: 2d"), "desk.yaml:7: 'within': 2d is too long, write at most 1d"),
        (
            steps("id: a, role: chief"),
            "desk.yaml:7: 'role': 'chief' can't be, use one of desk, engineer, manager, office, patrol, supervisor",
        ),
        (HEAD.replace("zone.alarm", "zone.alram") + f"        - {{id: a, {TEXT}}}\n", "did you mean 'zone.alarm'?"),
        (
            HEAD.replace("      kinds", "      places: [wall/n9]\n      kinds") + f"        - {{id: a, {TEXT}}}\n",
            "desk.yaml:5: 'places': no place is or begins with 'wall/n9', did you mean 'wall/n1'?",
        ),
        (
            HEAD.replace("      kinds", "      hours: 22-6\n      kinds") + f"        - {{id: a, {TEXT}}}\n",
            "desk.yaml:5: 'hours': '22-6' is no part of the day, write it in quotes as '22:00-06:00'",
        ),
        (
            HEAD.replace("      kinds", "      rules: [nobody]\n      kinds") + f"        - {{id: a, {TEXT}}}\n",
            "desk.yaml:5: rule 'nobody' does not exist, there is none yet",
        ),
        (
            steps("id: a") + "    - {id: q, name: 又, kinds: [zone.alarm], steps: [{id: a, text: {zh: 做, en: Do}}]}\n",
            "'q' never applies: 'p' has the same conditions, give one of them other kinds, places or hours",
        ),
        ("procedures: {use: [fire, flod]}\n", "desk.yaml:1: 'use': 'flod' can't be, "),
        (
            "contacts: {residents: {name: 住户, phone: '110'}}\n",
            "'residents' means those who live where the incident is",
        ),
        ("contacts: {boss: {name: 王, phone: 手机}}\n", "desk.yaml:1: 'phone': '手机' can't be, match"),
    ],
)
def test_a_mistake_names_line_and_fix(folder, desk, text, mistake):
    folder.panel()
    found = desk(text)
    assert len(found) == 1, found
    assert mistake in found[0]


def test_there_is_a_limit_of_steps(desk):
    [mistake] = desk(steps(*(f"id: s{n}" for n in range(41))))
    assert mistake == "desk.yaml:7: 'steps': a list can't be, give at most 40"


def test_an_own_procedure_replaces_a_shipped_one_and_goes_first(folder, desk):
    assert desk(steps("id: a").replace("id: p", "id: gas") + "  use: [fire, gas, panic]\n") == []
    assert [each.id for each in procedures_in_use(folder.load().desk.procedures)] == ["gas", "fire", "panic"]
    assert len(procedures_in_use(folder.load().desk.procedures)[0].steps) == 1


def test_without_the_file_all_shipped_ones_are_in_use(folder):
    assert tuple(each.id for each in procedures_in_use(folder.load().desk.procedures)) == SHIPPED


def test_numbers_that_shipped_procedures_lack_are_hinted_at(folder, desk):
    assert desk("procedures: {use: [gas]}\n") == []
    [hint] = folder.load().hints
    assert hint.what == "contact 'gas-company' has no number, and procedures call it (gas)"
    assert desk("procedures: {use: [gas]}\ncontacts: {gas-company: {name: 燃气公司, phone: '96777'}}\n") == []
    assert folder.load().hints == ()


@pytest.mark.parametrize(
    ("hours", "inside", "outside"),
    [
        ("22:00-06:00", [time(22), time(23, 59), time(0), time(5, 59)], [time(6), time(21, 59)]),
        ("08:00 - 18:00", [time(8), time(17, 59)], [time(18), time(7, 59)]),
        ("18:00-24:00", [time(18), time(23, 59, 59)], [time(0), time(17)]),
    ],
)
def test_hours_go_over_midnight(hours, inside, outside):
    parsed = parse_hours(hours)
    assert all(parsed.covers(at) for at in inside)
    assert not any(parsed.covers(at) for at in outside)


@pytest.mark.parametrize("wrong", ["8:00-18:00", "08:00", "25:00-06:00", "08:00-08:00", 8, None])
def test_other_hours_are_wrong(wrong):
    with pytest.raises(Wrong):
        parse_hours(wrong)


def branches(procedure: Procedure) -> Iterator[dict[str, str]]:
    """Every way to answer all its questions."""
    asked = [step for step in procedure.steps if step.question]
    for answers in itertools.product(*([answer.id for answer in step.question] for step in asked)):
        yield dict(zip((step.id for step in asked), answers, strict=True))


def test_every_shipped_file_is_in_the_list():
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(SHIPPED)
    assert all(shipped_procedure(name).id == name for name in SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_texts_are_in_both_languages_and_every_step_has_a_time(name):
    for step in shipped_procedure(name).steps:
        assert any("\u4e00" <= character <= "\u9fff" for character in step.text.zh), step.id
        assert not any("\u4e00" <= character <= "\u9fff" for character in step.text.en), step.id
        assert step.within is not None, step.id
