"""Puts the decision at the doors together with the rest of the gateway."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from gateway.access import AccessControl, AccessRules, AccessState, Links, PassCodes
from gateway.app.current_config import CurrentConfig
from gateway.config.configuration import Configuration
from gateway.flow.commands import Commands
from gateway.flow.intake import Intake
from gateway.flow.supervisor import Supervisor
from gateway.people import CurrentRegister
from gateway.store import Store


class CurrentRules:
    """The rules of access.yaml as it is now, made anew after a reload."""

    def __init__(self, current_config: CurrentConfig) -> None:
        self._current_config = current_config
        self._made_of: Configuration | None = None
        self._rules = self._make()

    def __call__(self) -> AccessRules:
        """The present rules."""
        if self._made_of is not self._current_config.configuration:
            self._made_of = self._current_config.configuration
            self._rules = self._make()
        return self._rules

    def _make(self) -> AccessRules:
        configuration = self._current_config.configuration
        if configuration is None:
            return AccessRules(self._current_config.access, {}, ZoneInfo(self._current_config.settings.timezone))
        return AccessRules.of(configuration)


def make_access(
    current_config: CurrentConfig,
    store: Store,
    register: CurrentRegister,
    intake: Intake,
    commands: Commands,
    supervisor: Supervisor,
    codes: PassCodes,
    alarm_of: Callable[[str], str],
) -> AccessControl:
    """The control of all doors; it listens to the intake from here on.

    `alarm_of(place)` is how the home is armed, `codes` verifies those of passes.
    """
    control = AccessControl(
        Links(
            store=store,
            now=intake.now,
            register=lambda: register.snapshot,
            rules=CurrentRules(current_config),
            commit=intake.report_with,
            send=commands.carry_out_sent,
            perform=supervisor.perform,
            codes=codes,
        ),
        AccessState(alarm_of=alarm_of),
    )
    intake.listeners.append(control.heard)
    return control
