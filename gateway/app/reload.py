"""A changed configuration while the gateway runs: checked, shown, and put in force; or refused, with the reasons."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog

from gateway.app.components import Components
from gateway.app.config_change import ConfigChange
from gateway.config import load
from gateway.config.difference import Difference
from gateway.errors import AnjuError, ConfigError, NotRecorded
from gateway.flow.unrecorded_signals import GATEWAY
from gateway.model import Signal

log = structlog.get_logger(__name__)
SHORT_TURN_S = 0.0005
MOST_TOLD = 20
"""Mistakes in one signal."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing has changed; `mistakes` as `anju check` says them, or another reason."""

    mistakes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Done:
    """It holds."""


Told = Difference | Refused | Done
Tell = Callable[[Told], Awaitable[None]]


class Reloader:
    """Reads the folder the gateway was started with."""

    def __init__(self, parts: Components, changeover: ConfigChange, directory: Path) -> None:
        self.directory = directory
        self._parts = parts
        self._changeover = changeover
        self._lock = asyncio.Lock()

    async def reload(self, tell: Tell, *, dry_run: bool = False) -> None:
        """Tell the difference, then do it and tell that it is done; or tell why not. `tell` raises nothing."""
        async with self._lock:
            try:
                await self._reload(tell, dry_run)
            except ConfigError as error:
                await self._refuse(tell, [str(mistake) for mistake in error.mistakes], dry_run)
            except (AnjuError, OSError) as error:
                await self._refuse(tell, [str(error)], dry_run)
            except Exception as error:  # a third party's driver or rule is made here, and may raise anything
                log.exception("a new configuration broke something")
                await self._refuse(tell, [f"{type(error).__name__}: {error}"], dry_run)

    async def _reload(self, tell: Tell, dry_run: bool) -> None:
        with _giving_way():
            new = await asyncio.to_thread(load, self.directory)
        difference = self._changeover.compare(new)
        await tell(difference)
        if dry_run:
            return
        if difference.is_live:
            rules = await self._changeover.apply(new)
            await rules.applied.wait()
            await self._say("configuration.changed", {"changes": _in_words(difference), **summary(difference)})
        log.info("the configuration was read again", **summary(difference))
        await tell(Done())

    async def _refuse(self, tell: Tell, mistakes: Sequence[str], dry_run: bool) -> None:
        if not dry_run:
            log.error("the new configuration is refused, the old one stays in force", mistakes=mistakes)
            await self._say("configuration.refused", _reasons(mistakes))
        await tell(Refused(mistakes))

    async def _say(self, kind: str, data: dict[str, Any]) -> None:
        try:
            await self._parts.say(Signal(device=GATEWAY, kind=kind, data=data, fresh=True))
        except NotRecorded as error:
            log.error("it is not on record that the configuration changed", why=str(error))


@contextmanager
def _giving_way() -> Iterator[None]:
    """Reading YAML is pure Python for long: meanwhile the loop gets its turn after 0.5 ms and not after 5.

    And nothing looks for garbage, which with so many new objects stops all threads for a tenth of a second.
    """
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SHORT_TURN_S)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        sys.setswitchinterval(interval)


def _reasons(mistakes: Sequence[str]) -> dict[str, Any]:
    """The first for everybody's eyes; the command line and the log have them all."""
    more = len(mistakes) - 1
    text = {
        "zh": mistakes[0] + (f"（另有{more}处）" if more else ""),
        "en": mistakes[0] + (f" (and {more} more)" if more else ""),
    }
    return {"why": text, "mistakes": list(mistakes[:MOST_TOLD])}


def _in_words(difference: Difference) -> dict[str, str]:
    """Such as `devices +2 ~1 -0, rules …`."""
    said: list[tuple[str, str]] = []
    for part, zh in (("devices", "设备"), ("rules", "规则"), ("places", "位置"), ("accounts", "MQTT账号")):
        changes = getattr(difference, part)
        if changes:
            counts = f"+{len(changes.added)} ~{len(changes.changed)} -{len(changes.removed)}"
            said.append((f"{zh} {counts}", f"{part} {counts}"))
    said += [(key, key) for key in difference.settings]
    return {"zh": "、".join(zh for zh, _ in said), "en": ", ".join(en for _, en in said)}


def summary(difference: Difference) -> dict[str, Any]:
    """What is not empty of it, as JSON."""
    parts = {name: part for name, part in asdict(difference).items() if part}
    return {name: _short(part) if isinstance(part, dict) else list(part) for name, part in parts.items()}


def _short(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: dict(part) if isinstance(part, dict) else list(part) for name, part in changes.items() if part}
