"""Applies a configuration: the first one at the start, another one at a reload.

The order matters. First what may fail (certificates), so that nothing has changed yet; then the row in the journal,
from which on the new rules decide; then everything that only reads the configuration; last the devices. Devices that
did not change are not touched.
"""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import structlog

from gateway.app.components import Components
from gateway.app.current_config import compound_of
from gateway.care import NAME as CARE
from gateway.care import CareRule
from gateway.config.configuration import Configuration
from gateway.config.desk.contacts import NATIONAL
from gateway.config.difference import Changes, Difference, compare
from gateway.config.shipped_procedures import procedures_in_use
from gateway.desk.incidents import Grouping
from gateway.desk.limits import Limits
from gateway.desk.procedures import ProcedureList
from gateway.errors import NotRecorded
from gateway.flow import drills, unhandled_alarms
from gateway.flow.device_state import SupervisedDevice
from gateway.flow.rule_engine import NewRules
from gateway.homes import NAME as HOMES
from gateway.homes import HomesRule
from gateway.model import DRILL_RULE
from gateway.patrol.duty_rule import DutyRule
from gateway.patrol.rule import PatrolRule
from gateway.rule import Compound, Rule
from gateway.store import journal

log = structlog.get_logger(__name__)


def _rules(new: Configuration, compound: Compound) -> list[tuple[Rule, str]]:
    """The installer's rules with their fingerprints, and the gateway's own for alarms that none of them handles."""
    rules = [entry.rule(entry.id, entry.settings, compound) for entry in new.rules]
    marks = [entry.fingerprint for entry in new.rules]
    homes = HomesRule(new.residents.homes, compound)
    return [
        *zip(rules, marks, strict=True),
        # Without a mark of its settings: a changed residents.yaml must disarm nobody.
        (homes, HOMES),
        # Nor may it forget what was agreed and learnt.
        (CareRule(new.residents.care, ZoneInfo(new.compound.timezone), compound), CARE),
        (unhandled_alarms.UnhandledAlarms([*rules, homes], compound), unhandled_alarms.fingerprint(marks)),
        # What they judge by comes with the signals that open a round, so a changed desk.yaml restarts neither.
        (PatrolRule(compound), "patrol"),
        (DutyRule(compound), "duty"),
        (drills.Drills(compound), DRILL_RULE),
    ]


def _procedures(new: Configuration) -> ProcedureList:
    contacts = {**NATIONAL, **new.desk.contacts}
    return ProcedureList(procedures_in_use(new.desk.procedures), contacts, ZoneInfo(new.compound.timezone))


class ConfigChange:
    """Must not run twice at a time; its callers see to that."""

    def __init__(self, components: Components) -> None:
        self._components = components
        self._entries: dict[str, SupervisedDevice] = {}

    def compare(self, new: Configuration) -> Difference:
        """What `new` changes, renewed certificate files included."""
        current_config = self._components.current_config
        difference = compare(current_config.configuration, new, current_config.started)
        renewed = self._components.certificates.renewed(new.compound)
        return replace(difference, settings=tuple(dict.fromkeys((*difference.settings, *renewed))))

    async def apply(self, new: Configuration) -> NewRules:
        """Apply `new`. Its rules decide once `applied` of what is returned is set.

        Raises ConfigError or OSError for a certificate, NotRecorded for a disk that can't be written, before
        anything has changed.
        """
        components, difference, compound = self._components, self.compare(new), compound_of(new)
        rules = NewRules(
            _rules(new, compound),
            grouping=Grouping(new.desk.incidents, new.compound.near),
            limits=Limits(new.desk, ZoneInfo(new.compound.timezone)),
            noise=new.desk.noise,
        )
        notifiers = components.outbox.make(new.notifiers)
        components.certificates.load(new.compound)
        await self._record(new, rules)
        components.current_config.replace(new, compound)
        await components.outbox.apply(new.notifiers, notifiers, ZoneInfo(new.compound.timezone))
        components.desk.procedures.list = _procedures(new)
        self._set_accounts(new)
        await self._change_devices(new, difference.devices)
        components.hub.begin_anew()
        await self._refresh_register()
        return rules

    async def _refresh_register(self) -> None:
        # How faces are matched may have changed, and with it what the vision workers need.
        try:
            await self._components.register.refresh()
        except NotRecorded as error:
            log.error("the register of people and vehicles can't be read", why=str(error))

    async def _record(self, new: Configuration, rules: NewRules) -> None:
        """Put the configuration into the journal, so that rules switch at the same place live and after a restart."""
        components, at = self._components, self._components.clock.now()
        try:
            await components.intake.switch_rules(
                rules, lambda connection: journal.record_configuration(connection, at, new.fingerprint, new.text)
            )
        except NotRecorded as error:
            if components.current_config.configuration is not None:
                raise  # a reload can wait for a working disk; a start can't, or alarms would be lost
            log.error("the configuration is not on record; alarms will show from memory", why=str(error))
            await components.intake.switch_rules_unrecorded(rules)

    def _set_accounts(self, new: Configuration) -> None:
        if self._components.links.endpoint is not None:
            accounts = {account.user: account.password.get_secret_value() for account in new.compound.mqtt.accounts}
            self._components.links.endpoint.set_accounts(accounts)

    async def _change_devices(self, new: Configuration, changes: Changes) -> None:
        """Stop, unlink and start devices. No await after `stop`: what comes in finds the old link or the new one."""
        components, leaving = self._components, {*changes.removed, *changes.changed}
        await components.supervisor.stop(leaving)
        for device in leaving:
            components.links.unlink(device)
            del self._entries[device]
        self._entries = {
            entry.device.id: self._entries.get(entry.device.id)
            or SupervisedDevice(
                entry.device, entry.driver, entry.settings, entry.parts, components.links.link_of(entry)
            )
            for entry in new.devices
        }
        components.supervisor.set_devices(list(self._entries.values()))
