"""A command on its way: open until what it asked for was seen, or could not be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.model import Words


@dataclass(slots=True, eq=False)
class Order:
    """`done` once the device was seen to have done it, `failed` with the reason once it will not."""

    device: str
    action: str
    done: bool = False
    failed: Words | None = None
    answer: Mapping[str, Any] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        return self.done or self.failed is not None

    def do(self) -> None:
        if not self.over:
            self.done = True

    def fail(self, why: Words) -> None:
        if not self.over:
            self.failed = why
