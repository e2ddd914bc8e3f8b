"""A driver is right only if its link is there: `anju check` names the driver, the link and the fix."""

from __future__ import annotations

import pytest

from gateway.config.kinds import find_driver, find_link, find_rule
from gateway.links.registry import BUILT_IN
from gateway.settings.mend import Wrong

DRIVER = """\
from gateway.driver import Driver

class Panel(Driver):
    LINK = {link!r}

    async def run(self):
        pass

DRIVER = Panel
"""
UNFINISHED = """\
from gateway.links.contract import LinkFactory

class Unfinished(LinkFactory):
    pass

LINK = Unfinished
"""
MISTAKES = {
    "serail": "driver 'acme_panel.driver' has LINK = 'serail': unknown link 'serail', did you mean 'serial'?",
    "qqq": "unknown link 'qqq', name a module such as acme.link, or one of http, listen, modbus, mqtt, none, serial",
    "acme.link": "link 'acme.link' can't be imported (ModuleNotFoundError: No module named 'acme'), install its",
    "tests.config.broken_module": "can't be imported (OSError: the vendor's library is not here), fix that module",
    "json.tool": "module of 'json.tool' has no LINK class, write LINK = YourClass",
    "acme_panel.unfinished": "Unfinished, the LINK of 'acme_panel.unfinished', has no method make(), write make(",
}


@pytest.mark.parametrize(("link", "told"), MISTAKES.items())
def test_a_driver_whose_link_is_not_there_is_a_mistake(folder, monkeypatch, link, told):
    package = folder.path / "packages" / "acme_panel"
    package.mkdir(parents=True)
    (package / "driver.py").write_text(DRIVER.format(link=link), "utf-8")
    (package / "unfinished.py").write_text(UNFINISHED, "utf-8")
    monkeypatch.syspath_prepend(package.parent)
    for module in ("acme_panel", "acme_panel.driver", "acme_panel.unfinished"):
        monkeypatch.delitem(__import__("sys").modules, module, raising=False)
    folder.devices("- {id: d, kind: acme_panel.driver, name: 门, place: gate/east}")
    [mistake] = folder.mistakes()
    assert mistake.startswith("devices.yaml:2: driver 'acme_panel.driver' has LINK = ")
    assert told in mistake


def test_every_driver_that_comes_with_anju_names_a_link_that_is_there():
    assert {find_driver(kind).LINK for kind in ("camera", "http_push", "modbus_io", "sip_intercom")} <= set(BUILT_IN)
    assert find_driver("tests.app.pigeon").LINK == "tests.app.pigeon"


def test_a_name_without_a_dot_is_no_third_partys():
    with pytest.raises(Wrong, match=r"unknown link 'pigeon', name a module such as acme.link"):
        find_link("pigeon")


RULE = """\
from gateway.rule import Rule

class Odd(Rule):
    KINDS = {kinds!r}

    def on(self, state, event):
        return ()

RULE = Odd
"""
SYNCHRONOUS = """\
from gateway.driver import Driver

class Panel(Driver):
    def run(self):
        pass

DRIVER = Panel
"""


@pytest.fixture
def module_of(tmp_path, monkeypatch):
    """`module_of(text)` writes a third party's module and returns its dotted name."""

    def write(text: str) -> str:
        package = f"acme_{tmp_path.name}"
        (tmp_path / package).mkdir(exist_ok=True)
        (tmp_path / package / "made.py").write_text(text, "utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        return f"{package}.made"

    return write


@pytest.mark.parametrize(
    ("kinds", "why"),
    [
        (
            ("door.openend",),
            "has 'door.openend' in KINDS, no kind of signal or action, did you mean 'door.open",
        ),
        (("zone.alarm", "alert.acknowleged"), "did you mean 'alert.acknowledged'?"),
    ],
)
def test_a_rule_that_would_never_be_fed_is_a_mistake(module_of, kinds, why):
    with pytest.raises(Wrong) as mistake:
        find_rule(module_of(RULE.format(kinds=kinds)))
    assert why in str(mistake.value)


def test_kinds_of_signals_of_actions_and_of_third_parties_are_fine(module_of):
    kinds = ("door.opened", "alert.acknowledged", "x.acme.odd")
    assert kinds == find_rule(module_of(RULE.format(kinds=kinds))).KINDS


def test_a_driver_whose_run_is_not_async_is_a_mistake(module_of):
    with pytest.raises(Wrong, match=r"has no async method run\(\), write async def run"):
        find_driver(module_of(SYNCHRONOUS))
