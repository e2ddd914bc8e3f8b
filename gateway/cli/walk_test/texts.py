"""The walk test's texts on screen and paper, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.cli.walk_test.trials import TrialResult
from gateway.model import Words

RESULTS: Mapping[TrialResult, Words] = {
    TrialResult.OK: Words("合格", "passed"),
    TrialResult.LATE: Words("超时", "too late"),
    TrialResult.NO_ALERT: Words("有信号，未报警", "signal, but no alert"),
    TrialResult.NO_SIGNAL: Words("无信号", "no signal"),
    TrialResult.SKIPPED: Words("未测", "not tested"),
}
TEXTS: Mapping[str, Words] = {
    "title": Words("防区走线测试验收记录", "Walk test: acceptance report"),
    "compound": Words("小区", "Compound"),
    "by": Words("测试人", "Tested by"),
    "began": Words("开始时间", "Began"),
    "ended": Words("结束时间", "Ended"),
    "zone": Words("防区", "Zone"),
    "place": Words("位置", "Place"),
    "signal": Words("信号", "Signal"),
    "signal_after": Words("信号到达（秒）", "Signal after (s)"),
    "alert_after": Words("报警入库（秒）", "Alert stored after (s)"),
    "result": Words("结论", "Result"),
    "others": Words("同时报警的其他设备", "Other devices that raised an alarm"),
    "limit": Words(
        "要求：从触发到值班室报警不超过 {within} 秒。", "Required: alert in the guard room within {within} s."
    ),
    "timed": Words(
        "计时从触发时按键起，到警情写入磁盘止。",
        "Timed from a key pressed as the zone was tripped until its alert was on disk.",
    ),
    "untimed": Words(
        "未按键计时：时间从信号到达网关起，不含探测器与主机的时间。",
        "The trips were not timed: seconds count from the signal's arrival, without the delay of detector and panel.",
    ),
    "passed": Words("{ok} / {all} 合格", "{ok} of {all} passed"),
    "signature": Words("签字", "Signature"),
    "installer": Words("安装单位", "Installer"),
    "owner": Words("物业", "Property"),
    "go": Words(
        "[{number}/{all}] {name}（{place}）：触发的同时按回车；s 跳过，q 结束",
        "[{number}/{all}] {name} ({place}): press Enter as you trip it; s skips it, q ends the test",
    ),
    "waiting": Words("等待信号…", "waiting for the signal…"),
    "warning": Words(
        "值班室会响：先告诉值班员，结警时选“测试”。",
        "The guard room will ring: tell the guards first, and have the alerts closed as tests.",
    ),
    "stopped": Words("网关已停止运行，测试到此为止。", "The gateway has stopped: the test ends here."),
    "again": Words("按回车再试一次，n 下一个", "Enter tries again, n goes to the next zone"),
    "free": Words(
        "任意顺序触发；Ctrl-C 结束并写报告。", "Trip zones in any order; Ctrl-C ends it and writes the report."
    ),
}
