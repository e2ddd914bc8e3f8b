"""Wires care for people who live alone: agreements, and the rule's state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gateway.app.current_config import CurrentConfig
from gateway.care import NAME
from gateway.care.service import Care
from gateway.flow.intake import Intake
from gateway.flow.rule_engine import RuleEngine
from gateway.model import Register
from gateway.privacy.consents import ConsentBook
from gateway.store import Store


def make_care(
    store: Store,
    now: Callable[[], datetime],
    intake: Intake,
    rules: RuleEngine,
    current_config: CurrentConfig,
    register: Callable[[], Register],
) -> Care:
    """Nothing of it runs yet."""
    return Care(
        store,
        now,
        intake.act,
        lambda: rules.state_of(NAME)[0],
        lambda: (current_config.residents.care, current_config.desk_and_zone()[1]),
        register,
        ConsentBook(store.vault, now, lambda: current_config.residents.privacy),
    )
