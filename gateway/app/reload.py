"""Reloads the configuration while the gateway runs: checks it, reports the difference, then applies or rejects it."""

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
SWITCH_INTERVAL_S = 0.0005
"""The interpreter's thread switch interval while YAML is read; the default is 5 ms."""
MAX_MISTAKES = 20
"""Mistakes listed in one signal."""


@dataclass(frozen=True, slots=True)
class ReloadRejected:
    """Nothing has changed; `mistakes` are those of `anju check`, or another reason."""

    mistakes: Sequence[str]


@dataclass(frozen=True, slots=True)
class ReloadDone:
    """The new configuration is in use."""


ReloadProgress = Difference | ReloadRejected | ReloadDone
ProgressCallback = Callable[[ReloadProgress], Awaitable[None]]


class Reloader:
    """Reloads the folder that the gateway was started with, one reload at a time."""

    def __init__(self, components: Components, change: ConfigChange, directory: Path) -> None:
        self.directory = directory
        self._components = components
        self._change = change
        self._lock = asyncio.Lock()

    async def reload(self, progress: ProgressCallback, *, dry_run: bool = False) -> None:
        """Report the difference, apply it and report that it is done; or report the reasons for rejecting it.

        `dry_run` stops after the difference. `progress` must not raise.
        """
        async with self._lock:
            try:
                await self._reload(progress, dry_run)
            except ConfigError as error:
                await self._reject(progress, [str(mistake) for mistake in error.mistakes], dry_run)
            except (AnjuError, OSError) as error:
                await self._reject(progress, [str(error)], dry_run)
            except Exception as error:  # third parties' drivers and rules are constructed here and may raise anything
                log.exception("the new configuration raised an unexpected error")
                await self._reject(progress, [f"{type(error).__name__}: {error}"], dry_run)

    async def _reload(self, progress: ProgressCallback, dry_run: bool) -> None:
        with _responsive_loop():
            new = await asyncio.to_thread(load, self.directory)
        difference = self._change.compare(new)
        await progress(difference)
        if dry_run:
            return
        if difference.is_live:
            rules = await self._change.apply(new)
            await rules.applied.wait()  # "done" means that the new rules decide from now on
            await self._emit("configuration.changed", {"changes": _counts(difference), **summary(difference)})
        log.info("configuration reloaded", **summary(difference))
        await progress(ReloadDone())

    async def _reject(self, progress: ProgressCallback, mistakes: Sequence[str], dry_run: bool) -> None:
        if not dry_run:
            log.error("new configuration rejected, the old one stays", mistakes=mistakes)
            await self._emit("configuration.refused", _reasons(mistakes))
        await progress(ReloadRejected(mistakes))

    async def _emit(self, kind: str, data: dict[str, Any]) -> None:
        try:
            await self._components.report(Signal(device=GATEWAY, kind=kind, data=data, fresh=True))
        except NotRecorded as error:
            log.error("the signal about the configuration could not be stored", why=str(error))


@contextmanager
def _responsive_loop() -> Iterator[None]:
    """Keep the event loop responsive while another thread parses YAML in pure Python.

    The loop's thread gets the GIL after 0.5 ms instead of 5. The garbage collector is off: with so many new objects it
    would stop all threads for a tenth of a second.
    """
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        sys.setswitchinterval(interval)


def _reasons(mistakes: Sequence[str]) -> dict[str, Any]:
    """A signal's data: the first mistake as the reason. The command line and the log have them all."""
    more = len(mistakes) - 1
    text = {
        "zh": mistakes[0] + (f"（另有{more}处）" if more else ""),
        "en": mistakes[0] + (f" (and {more} more)" if more else ""),
    }
    return {"why": text, "mistakes": list(mistakes[:MAX_MISTAKES])}


def _counts(difference: Difference) -> dict[str, str]:
    """The number of changes in both languages, such as `devices +2 ~1 -0, rules …`."""
    texts: list[tuple[str, str]] = []
    for part, zh in (
        ("devices", "设备"),
        ("rules", "规则"),
        ("places", "位置"),
        ("accounts", "MQTT账号"),
        ("notifiers", "通知渠道"),
    ):
        changes = getattr(difference, part)
        if changes:
            counts = f"+{len(changes.added)} ~{len(changes.changed)} -{len(changes.removed)}"
            texts.append((f"{zh} {counts}", f"{part} {counts}"))
    texts += [(key, key) for key in difference.settings]
    return {"zh": "、".join(zh for zh, _ in texts), "en": ", ".join(en for _, en in texts)}


def summary(difference: Difference) -> dict[str, Any]:
    """The difference's non-empty fields, ready for JSON."""
    components = {name: part for name, part in asdict(difference).items() if part}
    return {name: _short(part) if isinstance(part, dict) else list(part) for name, part in components.items()}


def _short(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: dict(part) if isinstance(part, dict) else list(part) for name, part in changes.items() if part}
