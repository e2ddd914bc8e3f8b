"""Wires alarms at home: what is asked of the rule, keypads and cards, the schedule, and what households are told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.access.readings import card_texts
from gateway.access.repeats import Repeats
from gateway.app.current_config import CurrentConfig
from gateway.flow.intake import Intake
from gateway.flow.rule_engine import RuleEngine
from gateway.flow.unrecorded_signals import GATEWAY
from gateway.homes import NAME, HomeAreas
from gateway.homes.keypads import ArmingInput
from gateway.homes.schedule import ArmingSchedule
from gateway.homes.telling import HouseholdTeller, Outlets, TellHousehold
from gateway.model import CredentialKind, Register, Signal
from gateway.notify import Outbox
from gateway.people.credential_digest import credential_digest
from gateway.store import Store


@dataclass(frozen=True, slots=True)
class Homes:
    """Alarms at home, as they run."""

    areas: HomeAreas
    input: ArmingInput
    schedule: ArmingSchedule
    teller: HouseholdTeller


def make_homes(
    store: Store,
    now: Callable[[], datetime],
    intake: Intake,
    report: Callable[[Signal], Awaitable[int]],
    rules: RuleEngine,
    current_config: CurrentConfig,
    register: Callable[[], Register],
    outbox: Outbox,
    tell: TellHousehold,
) -> Homes:
    """Nothing of it runs yet; what keypads and readers tell waits from now on."""

    def homes() -> Any:
        return current_config.residents.homes

    def card_holder(data: Mapping[str, Any]) -> tuple[str, str] | None:
        """The person and room of the valid card that a reader's signal names."""
        known, at = register().credentials, now()
        for text in card_texts(data):
            digest = credential_digest(store.vault, CredentialKind.CARD, text)
            for card in known.get((CredentialKind.CARD, digest), ()):
                if card.is_valid(at):
                    return card.person or "", card.place
        return None

    areas = HomeAreas(store, now, intake.act, report, lambda: rules.state_of(NAME), homes, register)
    outlets = Outlets(
        emit=report,
        tell=tell,
        enqueue=outbox.enqueue,
        place_name=lambda path: current_config.facts().place_name(path),
    )
    repeats = Repeats()
    arming = ArmingInput(areas, card_holder, lambda signal: repeats.is_repeated(signal, now()))
    intake.listeners.append(arming.heard)
    return Homes(
        areas,
        arming,
        ArmingSchedule(areas, now, lambda: current_config.desk_and_zone()[1]),
        HouseholdTeller(store, areas, outlets, GATEWAY),
    )
