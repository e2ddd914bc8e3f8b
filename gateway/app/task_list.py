"""Which tasks the gateway runs for good, and how each is seen to make progress."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from gateway.app import housekeeping, systemd
from gateway.app.background_tasks import BackgroundTask
from gateway.app.identity_sync import sync_identities
from gateway.app.refusal_alerts import report_refusals
from gateway.app.store_monitor import StoreMonitor
from gateway.errors import NotRecorded
from gateway.model import Words
from gateway.store import Store

if TYPE_CHECKING:
    from gateway.app.components import Components

PROBE_S, ANSWER_S = 10.0, 20.0
"""How often the store's writer is asked for a commit of nothing, and how long it may take."""


def own_tasks(parts: Components) -> list[BackgroundTask]:
    """Vital are those whose state only the journal can make again."""
    in_force, store, now = parts.in_force, parts.store, parts.clock.now
    care = StoreMonitor(store, parts.desk, parts.say, now)
    steps = (parts.supervisor.clock_stepped, parts.pipeline.clock_stepped)
    probe = Probe(store)
    works = [
        _vital("decisions", "事件处理", "deciding on signals", parts.pipeline.run, parts.pipeline.keeps_up),
        _vital("commands", "指令执行", "carrying out commands", parts.commands.run),
        _vital(
            "supervisor", "设备管理", "running the devices' drivers", parts.supervisor.run, parts.supervisor.keeps_up
        ),
        _vital("storage", "补存报警", "writing alarms that the disk did not take", parts.intake.watch_storage),
        BackgroundTask("writer", Words("存盘", "writing to disk"), probe.run, keeps_up=probe.keeps_up),
        _work("witness", "报警抓图", "pictures of alerts", parts.witness.run),
        _work(
            "recording", "报警录像", "recordings", lambda: parts.recording.run(store, now, in_force.retention_of_clips)
        ),
        _work("certificates", "证书更新", "renewed certificates", parts.certificates.keep),
        _work("certificate_watch", "证书到期检查", "expiring certificates", parts.certificate_watch.run),
        _work("known", "人脸和车牌名单", "lists of faces and plates", lambda: _sync_identities(parts)),
        _work("clock", "校时", "following the clock", lambda: housekeeping.keep_time(parts.clock, store, *steps)),
        _work("purge", "清理过期数据", "purging", lambda: housekeeping.purge(parts.clock, store, in_force.retention)),
        _work("store_care", "数据库检查", "looking after the database", care.run),
        _work("quotas", "限额统计", "telling who was limited", lambda: report_refusals(parts.refusals, parts.say)),
        _work("watchdog", "看门狗", "the service manager's watchdog", systemd.beat),
    ]
    if parts.doors.broker is not None:
        works.append(_work("broker", "消息服务器连接", "the connection to the broker", parts.doors.broker.run))
    return works


class Probe:
    """Commits nothing now and then: a writer whose thread ended, or hangs, answers nobody, and raises nowhere."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._answered = True

    def keeps_up(self) -> bool:
        return self._answered

    async def run(self) -> None:
        """Runs for good. A disk that takes nothing is told by the record itself."""
        while True:
            try:
                async with asyncio.timeout(ANSWER_S):
                    await self._store.write(lambda _connection: None)
            except TimeoutError:
                self._answered = False
            except NotRecorded:
                self._answered = True
            else:
                self._answered = True
            await asyncio.sleep(PROBE_S)


def _sync_identities(parts: Components) -> Coroutine[Any, Any, None]:
    return sync_identities(parts.store, parts.register, parts.doors.vision, parts.in_force.matching)


def _work(name: str, zh: str, en: str, run: Callable[[], Coroutine[Any, Any, Any]]) -> BackgroundTask:
    return BackgroundTask(name, Words(zh, en), run)


def _vital(
    name: str,
    zh: str,
    en: str,
    run: Callable[[], Coroutine[Any, Any, Any]],
    keeps_up: Callable[[], bool] = lambda: True,
) -> BackgroundTask:
    return BackgroundTask(name, Words(zh, en), run, is_vital=True, keeps_up=keeps_up)
