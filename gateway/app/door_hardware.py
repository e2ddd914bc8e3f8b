"""Puts the devices at the doors together with the decision: readers' answers, controllers' lists, guards' commands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from gateway.access import AccessControl, list_sender
from gateway.access.controller_reports import ControllerReports
from gateway.access.list_sender import ListSender
from gateway.access.reader_answers import ReaderAnswers
from gateway.access.remote_opening import RemoteOpening
from gateway.app.access import CurrentRules
from gateway.app.background_tasks import BackgroundTask
from gateway.app.current_config import CurrentConfig
from gateway.flow.commands import Commands
from gateway.flow.intake import Intake
from gateway.flow.supervisor import Supervisor
from gateway.model import Signal, Words
from gateway.people import CurrentRegister
from gateway.store import Store


@dataclass(frozen=True, slots=True)
class DoorHardware:
    """`opening` orders guards' commands; the rest are background tasks."""

    answers: ReaderAnswers
    reports: ControllerReports
    lists: ListSender
    opening: RemoteOpening

    def tasks(self) -> list[BackgroundTask]:
        """The background tasks."""
        return [
            _task("reader_answers", "读卡器应答", "answers at readers", self.answers.run),
            _task("controller_reports", "控制器通行记录", "what controllers decided", self.reports.run),
            _task("controller_lists", "控制器名单", "controllers' access lists", self.lists.run),
        ]


def make_door_hardware(
    access: AccessControl,
    current_config: CurrentConfig,
    store: Store,
    register: CurrentRegister,
    intake: Intake,
    commands: Commands,
    supervisor: Supervisor,
    report: Callable[[Signal], Awaitable[int]],
) -> DoorHardware:
    """Listens to the decision and to the intake from here on."""
    rules = CurrentRules(current_config)
    answers = ReaderAnswers(supervisor.actions, supervisor.perform)
    access.observers.append(answers.decided)

    def controllers() -> list[str]:
        """Devices that decide by a list of their own."""
        entries = current_config.configuration.devices if current_config.configuration is not None else ()
        return [entry.device.id for entry in entries if entry.driver.takes_access_list(entry.settings)]

    reports = ControllerReports(store, rules, lambda: register.snapshot, lambda device: device in controllers())
    intake.listeners.append(reports.heard)
    lists = ListSender(
        list_sender.Links(
            store=store,
            now=intake.now,
            rules=rules,
            register=lambda: register.snapshot,
            controllers=controllers,
            load=supervisor.load_access_list,
            report=report,
        )
    )
    opening = RemoteOpening(access, rules, commands.order_with, intake.act, report)
    return DoorHardware(answers, reports, lists, opening)


def _task(name: str, zh: str, en: str, run: Callable[[], Coroutine[Any, Any, None]]) -> BackgroundTask:
    return BackgroundTask(name, Words(zh, en), run)
