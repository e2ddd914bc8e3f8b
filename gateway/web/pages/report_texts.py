"""The texts of the printed reports, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.model import Words

TEXTS: Mapping[str, Words] = {
    "html_language": Words("zh-CN", "en"),
    "other_language": Words("English", "中文"),
    "morning": Words("晨报", "Morning report"),
    "week": Words("周报：修好这几处", "The week: what to fix"),
    "print": Words("打印", "Print"),
    "back": Words("回到值班台", "Back to the guard room"),
    "before": Words("前一期", "Before"),
    "after": Words("后一期", "After"),
    "made": Words("生成于", "Made at"),
    "alerts": Words("警情", "Alerts"),
    "a_day": Words("每天", "A day"),
    "of_budget": Words("预算每天 144", "budget 144 a day"),
    "late": Words("超时", "Late"),
    "nuisance": Words("误报和干扰", "False and nuisance"),
    "floods": Words("警情泛滥", "Floods"),
    "standing": Words("超过 24 小时未结", "Open for over 24 h"),
    "drills": Words("演练（不计入）", "Drills (not counted)"),
    "silenced": Words("已屏蔽（另计）", "Silenced (apart)"),
    "incidents": Words("案情", "Incidents"),
    "no_incidents": Words("昨夜平安，没有警情。", "A quiet night: no alerts."),
    "more": Words("另有较轻的案情 {n} 起，见历史。", "{n} lesser incidents more: see the history."),
    "time": Words("时间", "Time"),
    "severity": Words("严重程度", "Severity"),
    "place": Words("地点", "Place"),
    "what": Words("情况", "What"),
    "acknowledged": Words("接警", "Acknowledged"),
    "arrived": Words("到场", "Arrived"),
    "result": Words("结论", "Result"),
    "open": Words("未结", "open"),
    "nobody": Words("无人接警", "nobody"),
    "limit": Words("限", "limit"),
    "responses": Words("响应时间", "Response times"),
    "median": Words("中位", "median"),
    "p95": Words("95% 以内", "95 % within"),
    "within": Words("按时", "in time"),
    "acknowledge": Words("接警", "acknowledge"),
    "arrive": Words("到场", "arrive"),
    "outages": Words("设备离线", "Devices that were away"),
    "no_outages": Words("没有设备离线。", "No device was away."),
    "device": Words("设备", "Device"),
    "times": Words("次数", "times"),
    "away": Words("共离线", "away for"),
    "still": Words("仍未恢复", "still away"),
    "hanging": Words("报警后没有恢复的防区", "Zones that rang and were not restored"),
    "none": Words("没有", "none"),
    "fix": Words("修好这几处，警情可少", "Fix these, and fewer alarms come"),
    "fix_hint": Words(
        "按来源排列，只计不属实的警情；「累计」是修到这一处为止，全部警情可以减少的比例。",
        "By source, counting only alarms that were not real; “together” is the share of all alarms that is gone once"
        " this source and those above it are fixed.",
    ),
    "half": Words("修好 {n} 处，警情减半。", "Fix {n}, and half of the alarms are gone."),
    "no_half": Words("多数警情属实，没有可以减半的来源。", "Most alarms are real: no repair halves them."),
    "rule": Words("规则", "Rule"),
    "count": Words("警情", "alarms"),
    "avoidable": Words("不属实", "not real"),
    "together": Words("累计", "together"),
    "by_day": Words("每天的警情", "Alarms by day"),
    "mute": Words("本周从未报过警的防区（请测试）", "Zones that never rang in the week (test them)"),
    "signature": Words("班长签字", "Supervisor"),
    "critical": Words("紧急", "critical"),
    "high": Words("重要", "high"),
    "medium": Words("一般", "medium"),
    "low": Words("提示", "low"),
    "real": Words("真实警情", "real"),
    "false": Words("误报", "false"),
    "nuisance_one": Words("干扰", "nuisance"),
    "test": Words("测试", "test"),
    "drill": Words("演练", "drill"),
}


def texts_in(language: str) -> dict[str, str]:
    """All texts in `zh` or `en`, by name."""
    return {name: words[language] for name, words in TEXTS.items()}


def duration(seconds: float | None, language: str) -> str:
    """`45 秒`, `3 分 20 秒`, `2 小时 05 分`."""
    if seconds is None:
        return "–"
    second, minute, hour = ("秒", "分", "小时") if language == "zh" else ("s", "min", "h")
    whole = round(seconds)
    if whole < 60:
        return f"{whole} {second}"
    if whole < 3600:
        return f"{whole // 60} {minute} {whole % 60:02d} {second}"
    return f"{whole // 3600} {hour} {whole % 3600 // 60:02d} {minute}"


def percent(share: float | None) -> str:
    """A share of 1 as it is read."""
    return "–" if share is None else f"{round(share * 100)} %"
