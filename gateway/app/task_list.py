"""The list of the gateway's background tasks, and how each shows that it makes progress."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from gateway.app import systemd
from gateway.app.background_tasks import BackgroundTask
from gateway.app.housekeeping import follow_wall_clock, purge
from gateway.app.identity_sync import sync_identities
from gateway.app.morning_report import MorningReport
from gateway.app.passes import pass_upkeep
from gateway.app.privacy import keep_privacy
from gateway.app.refusal_alerts import report_refusals
from gateway.app.register_dates import RegisterDates
from gateway.app.store_monitor import StoreMonitor
from gateway.errors import NotRecorded
from gateway.flow.unrecorded_signals import GATEWAY
from gateway.model import Words
from gateway.passes.upkeep import PassUpkeep
from gateway.patrol.asking import Asking
from gateway.patrol.card_scans import CardScans
from gateway.store import Store

if TYPE_CHECKING:
    from gateway.app.components import Components

PROBE_INTERVAL_S, PROBE_TIMEOUT_S = 10.0, 20.0
"""How often the store's writer is asked for an empty commit, and how long that may take."""


def gateway_tasks(components: Components) -> list[BackgroundTask]:
    """All background tasks. Those whose state only the journal can rebuild are vital.

    Names are stable: they stand in /readyz and in the keys of alerts.
    """
    current_config, store, now = components.current_config, components.store, components.clock.now
    monitor = StoreMonitor(store, components.desk, components.report, now)
    followers = (
        components.supervisor.clock_stepped,
        components.pipeline.clock_stepped,
        components.desk.clock.clock_stepped,
    )
    probe = WriterProbe(store)
    tasks = [
        _vital("decisions", "事件处理", "processing events", components.pipeline.run, components.pipeline.keeps_up),
        _vital("commands", "指令执行", "executing commands", components.commands.run),
        _vital("access", "门禁判定", "decisions at doors", components.access.run),
        _vital(
            "supervisor",
            "设备管理",
            "running the devices' drivers",
            components.supervisor.run,
            components.supervisor.keeps_up,
        ),
        _task("limits", "时限与升级", "time limits and escalation", components.desk.clock.run),
        _task("handover", "交接班检查", "watching for unsigned shifts", components.handover_watch.run),
        _task("attention", "值守检查", "watching the desk's attention", components.attention.run),
        _vital("storage", "补存报警", "storing alarms that the disk did not take", components.intake.watch_storage),
        BackgroundTask("writer", Words("存盘", "writing to disk"), probe.run, keeps_up=probe.keeps_up),
        _task("witness", "报警抓图", "snapshots for alerts", components.snapshots.run),
        _task(
            "recording",
            "报警录像",
            "recordings",
            lambda: components.recording.run(store, now, current_config.retention_of_clips),
        ),
        _task("certificates", "证书更新", "loading renewed certificates", components.certificates.watch),
        _task("certificate_watch", "证书到期检查", "checking certificates' expiry", components.certificate_watch.run),
        _task("search", "历史检索", "the words of alerts for the search", components.search_index.run),
        _task("known", "人脸和车牌名单", "lists of faces and plates", lambda: _sync_identities(components)),
        _task("register_dates", "登记到期检查", "what begins and ends by date", _register_dates(components).run),
        _task("clock", "校时", "following the clock", lambda: follow_wall_clock(components.clock, store, *followers)),
        _task("patrols", "巡更和值班记录计时", "asking for patrols and duty logs", _asking(components).run),
        _task("visits", "访客登记通知", "telling households of visitors", components.door_plates.visits.run),
        _task("patrol_cards", "巡更刷卡", "cards at checkpoints", _card_scans(components).run),
        _task("care", "独居关怀", "care for people who live alone", components.care.run),
        _task("home_schedule", "户内定时布防", "arming homes by the clock", components.homes.schedule.run),
        _task("home_input", "户内键盘和门卡", "keypads and cards of homes", components.homes.input.run),
        _task("home_notices", "户内报警通知住户", "telling households of their alarms", components.homes.teller.run),
        _task("passes", "访客通行证整理", "looking after passes", _pass_upkeep(components).run),
        _task("silences", "屏蔽到期", "ending silences", components.desk.silences.run),
        _task("purge", "清理过期数据", "purging", lambda: purge(components.clock, store, current_config.retention)),
        _task("store_care", "数据库检查", "checking the database", monitor.run),
        _task(
            "quotas",
            "限额统计",
            "reporting used-up quotas",
            lambda: report_refusals(components.refusals, components.report),
        ),
        _task("notifiers", "对外通知", "notifications to people outside", components.outbox.run),
        _task("privacy", "删除个人信息", "deleting personal data", lambda: keep_privacy(components.privacy, now)),
        _task("residents", "住户登录验证码", "residents' one-time codes", components.residents.run),
        _task("morning_report", "晨报", "the morning report", _morning_report(components).run),
        _task("watchdog", "看门狗", "the service manager's watchdog", systemd.feed_watchdog),
    ]
    tasks += components.door_hardware.tasks()
    if components.links.broker is not None:
        tasks.append(_task("broker", "消息服务器连接", "the connection to the broker", components.links.broker.run))
    return tasks


class WriterProbe:
    """Makes an empty commit now and then: a writer thread that ended or hangs raises nowhere, it only stays silent."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._answered = True

    def keeps_up(self) -> bool:
        """Whether the last commit came back in time."""
        return self._answered

    async def run(self) -> None:
        """Probe until cancelled."""
        while True:
            try:
                async with asyncio.timeout(PROBE_TIMEOUT_S):
                    await self._store.write(lambda _connection: None)
            except TimeoutError:
                self._answered = False
            except NotRecorded:  # the writer answers; a disk that fails is reported by the store itself
                self._answered = True
            else:
                self._answered = True
            await asyncio.sleep(PROBE_INTERVAL_S)


def _asking(components: Components) -> Asking:
    settings = components.current_config.desk_and_zone
    return Asking(components.store, components.clock.now, components.report, settings, GATEWAY)


def _morning_report(components: Components) -> MorningReport:
    current_config = components.current_config
    return MorningReport(components.store, components.clock.now, current_config.report_plan, components.outbox.enqueue)


def _pass_upkeep(components: Components) -> PassUpkeep:
    return pass_upkeep(components.passes, components.store, components.clock, components.register)


def _card_scans(components: Components) -> CardScans:
    settings = components.current_config.desk_and_zone
    return CardScans(components.store, components.clock.now, settings, components.patrols.scan)


def _register_dates(components: Components) -> RegisterDates:
    return RegisterDates(components.store, components.register, components.clock.now)


def _sync_identities(components: Components) -> Coroutine[Any, Any, None]:
    return sync_identities(
        components.store,
        components.register,
        components.links.vision,
        components.current_config.matching,
        components.clock.now,
    )


def _task(name: str, zh: str, en: str, run: Callable[[], Coroutine[Any, Any, Any]]) -> BackgroundTask:
    return BackgroundTask(name, Words(zh, en), run)


def _vital(
    name: str,
    zh: str,
    en: str,
    run: Callable[[], Coroutine[Any, Any, Any]],
    keeps_up: Callable[[], bool] = lambda: True,
) -> BackgroundTask:
    return BackgroundTask(name, Words(zh, en), run, is_vital=True, keeps_up=keeps_up)
