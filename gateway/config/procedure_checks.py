"""Checks of the procedures in desk.yaml against contacts, rules and devices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from gateway.config.configuration import DeviceEntry, RuleEntry
from gateway.config.desk import DeskSettings, Procedure, ProcedureStep
from gateway.config.desk.contacts import NATIONAL, RESIDENTS
from gateway.config.document import Document
from gateway.config.shipped_procedures import procedures_in_use
from gateway.settings.mend import Loc, did_you_mean

Actions = Mapping[str, Mapping[str, Collection[str]]]
"""By device: its commands, each with the names of its arguments."""


def check_procedures(
    document: Document, desk: DeskSettings, devices: Iterable[DeviceEntry], rules: Iterable[RuleEntry]
) -> None:
    """Note calls to nobody, rules and commands that do not exist, and contacts that shipped procedures would call."""
    known, actions = {*NATIONAL, *desk.contacts}, dict(_actions(devices))
    rule_ids = {rule.id for rule in rules}
    for index, procedure in enumerate(desk.procedures.own):
        loc: Loc = ("procedures", "own", index)
        for position, rule in enumerate(procedure.rules):
            if rule not in rule_ids:
                mend = did_you_mean(rule, rule_ids)
                document.add_mistake((*loc, "rules", position), f"rule {rule!r} does not exist", mend)
        for number, step in enumerate(procedure.steps):
            _check_step(document, (*loc, "steps", number), step, known, actions)
    _hint_contacts(document, procedures_in_use(desk.procedures)[len(desk.procedures.own) :], known)


def _check_step(document: Document, loc: Loc, step: ProcedureStep, contacts: Collection[str], actions: Actions) -> None:
    if step.call is not None and step.call not in {*contacts, RESIDENTS}:
        mend = did_you_mean(step.call, {*contacts, RESIDENTS})
        document.add_mistake((*loc, "call"), f"contact {step.call!r} does not exist", mend)
    command = step.command
    if command is None or command.device is None or command.device not in actions:
        return  # an unknown device is noted already
    taken = actions[command.device]
    if command.action not in taken:
        what = f"{command.device!r} takes no command {command.action!r}"
        document.add_mistake((*loc, "command", "action"), what, did_you_mean(command.action, taken))
        return
    for name in command.arguments:
        if name not in taken[command.action]:
            what = f"{command.action!r} of {command.device!r} takes no argument {name!r}"
            document.add_mistake((*loc, "command", "arguments", name), what, did_you_mean(name, taken[command.action]))


def _hint_contacts(document: Document, shipped: Iterable[Procedure], contacts: Collection[str]) -> None:
    callers: dict[str, list[str]] = defaultdict(list)
    for procedure in shipped:
        for step in procedure.steps:
            if step.call is not None and step.call not in {*contacts, RESIDENTS}:
                callers[step.call].append(procedure.id)
    for contact, names in callers.items():
        called = ", ".join(dict.fromkeys(names))
        what = f"contact {contact!r} has no number, and procedures call it ({called})"
        document.add_hint(("contacts",), what, f"add '{contact}: {{name: …, phone: …}}' to contacts")


def _actions(devices: Iterable[DeviceEntry]) -> Iterator[tuple[str, Mapping[str, Collection[str]]]]:
    for entry in devices:
        yield entry.device.id, entry.driver.actions(entry.settings)
        yield from ((part.id, part.actions) for part in entry.driver.parts(entry.settings))
