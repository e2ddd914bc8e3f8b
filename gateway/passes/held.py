"""The passes that doors decide by, in memory: with their uses, also those that no disk has taken yet."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.model import Signal, Words, as_data
from gateway.model.access_pass import Pass
from gateway.passes import rows
from gateway.passes.code_windows import CodeUse, CodeWindows
from gateway.store.columns import to_us

USED = "pass.used"
_MOST_KEYS = 100_000


@dataclass(frozen=True, slots=True)
class PassUse:
    """One opening. `unit` counts it within a transaction; counting it again changes nothing."""

    key: str
    its: Pass
    """The pass after this use."""
    door: str
    at: datetime
    window: int | None

    def unit(self, connection: sqlite3.Connection) -> None:
        """Count it in the database."""
        rows.insert_use(connection, self.key, self.its.id, self.door, to_us(self.at), self.window)

    def signal(self, device: str, kind: Words) -> Signal:
        """What rules are told of it: ids and times, no name and no plate. `kind` is the name of its kind."""
        one = self.its
        data = {
            "pass": one.id,
            "kind": one.kind,
            "kind_name": as_data(kind),
            "place": one.place,
            "door": self.door,
            "until": one.until.isoformat(),
            "by": "plate" if self.window is None else "code",
        }
        return Signal(device=device, kind=USED, at=self.at, source_id=f"pass-use:{self.key}", data=data)


class HeldPasses:
    """`show` is called with all passes whenever one changes: the register's snapshot is what doors read."""

    def __init__(self, show: Callable[[Mapping[str, Pass]], None]) -> None:
        self._show = show
        self._passes: dict[str, Pass] = {}
        self._keys: OrderedDict[str, None] = OrderedDict()
        self.windows = CodeWindows()

    def replace_all(self, passes: Iterable[Pass], uses: Iterable[sqlite3.Row], at: Callable[[int], datetime]) -> None:
        """What the database holds, with the uses of the last minutes."""
        self._passes = {one.id: one for one in passes}
        for row in uses:
            self._remember(row["key"])
            if row["code_window"] is not None:
                self.windows.note(row["pass"], row["code_window"], CodeUse(row["door"], at(row["at"])))
        self._show(dict(self._passes))

    def get(self, pass_id: str) -> Pass | None:
        """The pass; None when it is unknown, or ended long ago."""
        return self._passes.get(pass_id)

    def all(self) -> list[Pass]:
        """Every pass that is held."""
        return list(self._passes.values())

    def put(self, one: Pass) -> None:
        """Add the pass, or replace it."""
        self._passes[one.id] = one
        self._show(dict(self._passes))

    def forget(self, pass_ids: Iterable[str]) -> None:
        """Drop passes that are over."""
        gone = [self._passes.pop(pass_id, None) for pass_id in pass_ids]
        if any(gone):
            self._show(dict(self._passes))

    def use(self, pass_id: str, door: str, at: datetime, window: int | None, key: str) -> PassUse | None:
        """Count an opening at once, before it is on disk: two doors must not both take the last use.

        None when the pass is unknown, or this key is counted already.
        """
        before = self._passes.get(pass_id)
        if before is None or key in self._keys:
            return None
        self._remember(key)
        if window is not None:
            self.windows.note(pass_id, window, CodeUse(door, at))
        after = replace(before, used=before.used + 1)
        self.put(after)
        return PassUse(key, after, door, at, window)

    def _remember(self, key: str) -> None:
        self._keys[key] = None
        while len(self._keys) > _MOST_KEYS:
            self._keys.popitem(last=False)
