"""The links by name: the built-in ones, and those of third parties, which are loaded when a driver first names one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gateway.links.contract import LinkFactory

BUILT_IN = ("none", "serial", "listen", "http", "modbus", "mqtt", "sip", "vision")
"""The names without a dot. `anju check` needs them without the machinery behind them."""


class LinkRegistry:
    """One factory a name. `find` gives the class of a third party's factory by its dotted name, or raises Wrong."""

    def __init__(self, built_in: Mapping[str, LinkFactory[Any]], find: Callable[[str], type[LinkFactory[Any]]]) -> None:
        if set(built_in) != set(BUILT_IN):
            raise ValueError(f"the built-in links are {', '.join(BUILT_IN)}, not {', '.join(built_in)}")
        self._factories = dict(built_in)
        self._find = find

    def __iter__(self) -> Iterator[LinkFactory[Any]]:
        return iter(self._factories.values())

    def factory(self, name: str) -> LinkFactory[Any]:
        """The factory of that name, the same one every time. Raises Wrong, or whatever a third party's class raises."""
        if name not in self._factories:
            self._factories[name] = self._find(name)()
        return self._factories[name]
