"""What an installer changes on the plan in the console, and the reasons why it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.errors import Refused
from gateway.model import Words
from gateway.plan.yaml_edit import DeviceKeys

NO_FILE = ""
"""The version of a plan.yaml that does not exist."""


@dataclass(frozen=True, slots=True)
class PlanEdit:
    """New positions by device; None: back to the device's place. `version` is that of the plan.yaml they are based on:
    its SHA-256, or NO_FILE.
    """

    devices: Mapping[str, DeviceKeys | None]
    version: str


@dataclass(frozen=True, slots=True)
class PlanChange:
    """`difference` is the unified difference of plan.yaml; `version` that of the file as it is now."""

    difference: str
    version: str
    applied: bool


class PlanRefused(Refused):
    """Nothing has changed; `words` say why, and the fix."""

    status = 409

    def __init__(self, words: Words, code: str = "conflict") -> None:
        super().__init__(words.en)
        self.words = words
        self.code = code
