"""Finds the class of a driver, rule or notifier by its kind: `camera` is drivers/camera.py, `acme.panel` another's.

A driver's `LINK` is found the same way: `serial` is built in, `acme.link` is a third party's module.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from types import ModuleType
from typing import Any

from gateway.driver import Driver
from gateway.links.contract import LinkFactory
from gateway.links.registry import BUILT_IN
from gateway.model import ACTION_KINDS, KINDS, is_kind
from gateway.notifier import Notifier
from gateway.rule import Rule
from gateway.settings.mend import Wrong, did_you_mean

_PACKAGES = {"driver": "drivers", "rule": "rules", "notifier": "gateway.notifiers"}
_KIND = re.compile(r"[a-z_][a-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


def find_driver(kind: str) -> type[Driver]:
    """The class that the kind's module has as DRIVER; raises Wrong, also when the link that it names can't be used."""
    found = _find(kind, "driver")
    if not (isinstance(found, type) and issubclass(found, Driver)):
        raise _without(kind, "DRIVER")
    if not inspect.iscoroutinefunction(found.run) or inspect.isabstract(found):
        raise Wrong(f"{found.__name__}, the DRIVER of {kind!r}, has no async method run()", "write async def run(self)")
    _check_link(kind, found)
    return found


def find_rule(kind: str) -> type[Rule]:
    """The class that the kind's module has as RULE; raises Wrong."""
    found = _find(kind, "rule")
    if not (isinstance(found, type) and issubclass(found, Rule)):
        raise _without(kind, "RULE")
    if inspect.isabstract(found):
        # Until 0.1.0 a rule was a generator.
        raise Wrong(
            f"{found.__name__}, the RULE of {kind!r}, has no method on()",
            "write on(state, event), which returns the decisions; watch() is not called any more",
        )
    for signal in found.KINDS:
        # Nothing else would tell: a rule with a misspelt kind is never fed.
        if not is_kind(signal) and signal not in ACTION_KINDS:
            raise Wrong(
                f"{found.__name__}, the RULE of {kind!r}, has {signal!r} in KINDS, no kind of signal or action",
                did_you_mean(signal, KINDS | ACTION_KINDS),
            )
    return found


def find_notifier(kind: str) -> type[Notifier]:
    """The class that the kind's module has as NOTIFIER; raises Wrong."""
    found = _find(kind, "notifier")
    if not (isinstance(found, type) and issubclass(found, Notifier)):
        raise _without(kind, "NOTIFIER")
    if not inspect.iscoroutinefunction(found.send) or inspect.isabstract(found):
        raise Wrong(f"{found.__name__}, the NOTIFIER of {kind!r}, has no async method send()", "write async def send()")
    return found


def find_link(name: str) -> type[LinkFactory[Any]]:
    """The class that a third party's module has as LINK; its name has a dot. Raises Wrong."""
    if "." not in name:
        raise Wrong(
            f"unknown link {name!r}", did_you_mean(name, BUILT_IN, "name a module such as acme.link, or one of")
        )
    found = _find(name, "link")
    if not (isinstance(found, type) and issubclass(found, LinkFactory)):
        raise _without(name, "LINK")
    if inspect.isabstract(found):
        raise Wrong(f"{found.__name__}, the LINK of {name!r}, has no method make()", "write make(request) -> your link")
    return found


def known_kinds(noun: str) -> list[str]:
    """The kinds of `driver`, `rule` or `notifier` that come with Anju, sorted."""
    package = importlib.import_module(_PACKAGES[noun])
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.name[0] != "_")


def _check_link(kind: str, driver: type[Driver]) -> None:
    """Without this check a wrong link would only show when the gateway runs, as a device that seems to be off."""
    if driver.LINK in BUILT_IN:
        return
    try:
        find_link(driver.LINK)
    except Wrong as error:
        raise Wrong(f"driver {kind!r} has LINK = {driver.LINK!r}: {error.what}", error.mend) from error


def _find(kind: str, noun: str) -> object:
    return getattr(_module(kind, noun), noun.upper(), None)


def _without(kind: str, attribute: str) -> Wrong:
    return Wrong(f"module of {kind!r} has no {attribute} class", f"write {attribute} = YourClass at its end")


def _module(kind: str, noun: str) -> ModuleType:
    dotted = "." in kind
    known = BUILT_IN if noun == "link" else known_kinds(noun)
    if not _KIND.fullmatch(kind) or (not dotted and kind not in known):
        raise Wrong(f"unknown {noun} {kind!r}", did_you_mean(kind, known, "known are"))
    try:
        return importlib.import_module(kind if dotted else f"{_PACKAGES[noun]}.{kind}")
    except Exception as error:  # a third party's module is imported here and may raise anything
        # Another missing module is a mistake inside the third party's package.
        absent = isinstance(error, ModuleNotFoundError) and error.name and kind.startswith(error.name)
        mend = "install its package beside Anju" if absent else "fix that module"
        raise Wrong(f"{noun} {kind!r} can't be imported ({type(error).__name__}: {error})", mend) from error
