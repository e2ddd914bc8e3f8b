"""Finds the driver or rule class of a kind: `camera` is drivers/camera.py, `acme.panel` a third party's module."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from types import ModuleType

from gateway.driver import Driver
from gateway.rule import Rule
from gateway.settings.mend import Wrong, did_you_mean

_KIND = re.compile(r"[a-z_][a-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


def find_driver(kind: str) -> type[Driver]:
    """The class that the kind's module has as DRIVER; raises Wrong."""
    found = _find(kind, "driver")
    if not (isinstance(found, type) and issubclass(found, Driver)):
        raise _without(kind, "DRIVER")
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
    return found


def known_kinds(noun: str) -> list[str]:
    """The kinds of `driver` or `rule` that come with Anju, sorted."""
    package = importlib.import_module(f"{noun}s")
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.name[0] != "_")


def _find(kind: str, noun: str) -> object:
    return getattr(_module(kind, noun), noun.upper(), None)


def _without(kind: str, attribute: str) -> Wrong:
    return Wrong(f"module of {kind!r} has no {attribute} class", f"write {attribute} = YourClass at its end")


def _module(kind: str, noun: str) -> ModuleType:
    dotted = "." in kind
    if not _KIND.fullmatch(kind) or (not dotted and kind not in known_kinds(noun)):
        raise Wrong(f"unknown {noun} {kind!r}", did_you_mean(kind, known_kinds(noun), "known are"))
    try:
        return importlib.import_module(kind if dotted else f"{noun}s.{kind}")
    except Exception as error:  # a third party's module is imported here and may raise anything
        # Another missing module is a mistake inside the third party's package.
        absent = isinstance(error, ModuleNotFoundError) and error.name and kind.startswith(error.name)
        mend = "install its package beside Anju" if absent else "fix that module"
        raise Wrong(f"{noun} {kind!r} can't be imported ({type(error).__name__}: {error})", mend) from error
