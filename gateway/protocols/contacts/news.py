"""What contacts have to tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class News:
    """One signal to be: whose, of which kind. `data["from_status"]`: it was found so, and did not happen just now."""

    device: str
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


FOUND = {"from_status": True}
