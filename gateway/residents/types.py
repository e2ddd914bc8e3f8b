"""Types that the parts of this package share."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Protocol

from gateway.config.residents import SignInSection
from gateway.errors import Refused
from gateway.model import Action


class Act(Protocol):
    """Puts what a person did into the journal, with its rows in one transaction. Raises NotRecorded."""

    async def __call__(self, action: Action, unit: Callable[[sqlite3.Connection], object] | None = None) -> int:
        """The action's number."""


Settings = Callable[[], SignInSection]
"""The present settings of residents.yaml."""


class WrongCode(Refused):
    """The code is wrong, void, or the number is nobody's: the answer is the same."""

    status = 401
