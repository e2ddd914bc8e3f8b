"""A driver is right only if its link is there: `anju check` names the driver, the link and the fix."""

from __future__ import annotations

import pytest

from gateway.config.kinds import find_driver, find_link
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
