"""Wires visitors' passes: their settings, the register that doors read, and the codes that doors verify."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.access import CodeRefusal, PassCode
from gateway.app.current_config import CurrentConfig
from gateway.clock import Clock
from gateway.config.residents import VisitorSection
from gateway.flow.intake import Intake
from gateway.model import Words
from gateway.passes.codes import CodeFault
from gateway.passes.service import Passes
from gateway.passes.upkeep import PassUpkeep
from gateway.people import CurrentRegister
from gateway.store import Store
from gateway.store.vault import VaultError


def make_passes(
    store: Store, clock: Clock, current_config: CurrentConfig, intake: Intake, register: CurrentRegister
) -> Passes:
    """The service; `load` reads what there is."""

    def settings() -> tuple[VisitorSection, ZoneInfo]:
        return current_config.residents.visitors, ZoneInfo(current_config.settings.timezone)

    return Passes(store, clock.now, settings, intake.act, register.replace_passes)


def pass_upkeep(passes: Passes, store: Store, clock: Clock, register: CurrentRegister) -> PassUpkeep:
    """Looks after the passes in the background. The register is replaced as a whole, so it is asked each time."""

    def rooms_of(person: str, at: datetime) -> tuple[str, ...]:
        return register.snapshot.rooms_of(person, at)

    return PassUpkeep(passes, store, clock.now, rooms_of, lambda host: host in register.snapshot.persons)


class PassCodeReader:
    """What the decision at a door asks of a code: which pass it is of, by signature and time alone."""

    def __init__(self, passes: Passes) -> None:
        self._passes = passes

    def verify(self, text: str, at: datetime) -> PassCode | CodeRefusal:
        """The pass that the code is of, or why it can't be told."""
        try:
            found = self._passes.verify(text, at)
        except VaultError as error:
            return CodeRefusal("foreign", Words.of(error.why))
        if isinstance(found, CodeFault):
            return CodeRefusal(found.code, found.reason, found.pass_id)
        return PassCode(found.pass_id, found.window)
