"""A state change of a device, from which the driver makes a signal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class DeviceChange:
    """`data["from_status"]`: the state was found at the first read, and did not change just now."""

    device: str
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


INITIAL_STATE = {"from_status": True}
