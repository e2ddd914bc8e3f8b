"""Wires visitors' passes: their settings, and the register that doors read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway.app.current_config import CurrentConfig
from gateway.clock import Clock
from gateway.config.residents import VisitorSection
from gateway.flow.intake import Intake
from gateway.flow.unrecorded_signals import GATEWAY
from gateway.passes.service import Passes
from gateway.passes.upkeep import PassUpkeep
from gateway.people import CurrentRegister
from gateway.store import Store

if TYPE_CHECKING:
    from gateway.app.components import Components, Report


def make_passes(
    store: Store,
    clock: Clock,
    current_config: CurrentConfig,
    report: Report,
    intake: Intake,
    register: CurrentRegister,
) -> Passes:
    """The service; `load` reads what there is."""

    def settings() -> tuple[VisitorSection, ZoneInfo]:
        return current_config.residents.visitors, ZoneInfo(current_config.settings.timezone)

    return Passes(store, clock.now, settings, report, intake.act, register.show_passes, GATEWAY)


def pass_upkeep(components: Components) -> PassUpkeep:
    """Looks after the passes in the background."""
    return PassUpkeep(
        components.passes,
        components.store,
        components.clock.now,
        lambda person, at: components.register.snapshot.rooms_of(person, at),  # noqa: PLW0108  # replaced as a whole
    )
