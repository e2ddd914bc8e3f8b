"""The texts of the printed report on an incident, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.model import Words
from gateway.model.kind_words import kind_words

TEXTS: Mapping[str, Words] = {
    "html_language": Words("zh-CN", "en"),
    "other_language": Words("English", "中文"),
    "title": Words("案情报告", "Incident report"),
    "drill": Words("演练", "Drill"),
    "place": Words("位置", "Place"),
    "severity": Words("级别", "Severity"),
    "state": Words("状态", "State"),
    "opened": Words("发生时间", "Opened"),
    "ended": Words("最后事件", "Last event"),
    "assignee": Words("处理人", "Handled by"),
    "number": Words("案情编号", "Incident"),
    "why": Words("为何归并", "Why together"),
    "procedure": Words("预案执行情况", "Procedure"),
    "no_procedure": Words("没有适用的预案。", "No procedure applies."),
    "chosen": Words("改用本预案", "Chosen instead"),
    "step": Words("步骤", "Step"),
    "role": Words("责任岗位", "Role"),
    "within": Words("时限", "Due"),
    "result": Words("结果", "Result"),
    "by": Words("记录人、时间", "Recorded by, at"),
    "mandatory": Words("必做", "mandatory"),
    "open": Words("未完成", "not done"),
    "late": Words("超时", "late"),
    "done": Words("完成", "done"),
    "story": Words("经过", "What happened"),
    "time": Words("时间", "Time"),
    "what": Words("事项", "What"),
    "who": Words("人员", "Who"),
    "device": Words("设备", "Device"),
    "chain": Words("审计记录", "Audit chain"),
    "chain_hint": Words(
        "每一行的校验值（SHA-256）包含上一行的校验值，事后改动任何一行都会被发现。",
        "Each row's hash (SHA-256) covers that of the row before it: a later change of any row shows.",
    ),
    "hash": Words("校验值", "Hash"),
    "head": Words("链首", "Head of the chain"),
    "printed": Words("打印", "Printed"),
    "print": Words("打印", "Print"),
    "signature": Words("签字", "Signature"),
    "gateway": Words("自动", "automatic"),
}
SEVERITIES: Mapping[str, Words] = {
    "critical": Words("紧急", "Critical"),
    "high": Words("重要", "High"),
    "medium": Words("一般", "Medium"),
    "low": Words("提示", "Low"),
}
STATES: Mapping[str, Words] = {
    "new": Words("未处理", "New"),
    "acknowledged": Words("已接警", "Acknowledged"),
    "on_scene": Words("已到场", "On scene"),
    "on_hold": Words("已挂起", "On hold"),
    "closed": Words("已结警", "Closed"),
}
ROLES: Mapping[str, Words] = {
    "desk": Words("值班室", "Guard room"),
    "patrol": Words("巡逻岗", "Patrol"),
    "supervisor": Words("班长", "Supervisor"),
    "engineer": Words("工程", "Engineer"),
    "manager": Words("物业经理", "Manager"),
    "office": Words("客服", "Office"),
}
_STEPS: Mapping[str, Words] = {
    "alert.raised": Words("报警", "Alarm raised"),
    "clip.recorded": Words("录像", "Recording"),
    "acknowledge": Words("接警", "Acknowledged"),
    "on-scene": Words("到场", "On scene"),
    "hold": Words("挂起", "On hold"),
    "close": Words("结警", "Closed"),
    "assign": Words("指派", "Assigned"),
    "note": Words("备注", "Note"),
    "answer": Words("答复上报人", "Answered the reporter"),
    "merge": Words("并入案情", "Merged"),
    "split": Words("移出警情", "Taken out"),
    "procedure-step": Words("预案步骤", "Procedure step"),
    "procedure-answer": Words("预案回答", "Procedure answer"),
    "procedure-choose": Words("改用预案", "Procedure chosen"),
    "escalate": Words("升级", "Escalated"),
    "ring": Words("再次响铃", "Rings again"),
    "remind": Words("设提醒", "Reminder set"),
    "reminder": Words("提醒", "Reminder"),
    "snapshot": Words("留存抓拍", "Picture kept"),
    "clip-expired": Words("录像过期删除", "Recording expired"),
    "clip-missing": Words("未能录像", "Not recorded"),
    "number-view": Words("查看电话", "Number looked at"),
    "report-view": Words("查看案情报告", "Report looked at"),
    "clip": Words("录像存档", "Recording kept"),
    "clip-view": Words("查看录像", "Recording looked at"),
    "picture-view": Words("查看图片", "Picture looked at"),
    "clip-export": Words("导出录像", "Recording exported"),
}


def step_words(kind: str) -> Words:
    """The name of an entry of the story or of a row of the audit chain."""
    return _STEPS.get(kind) or kind_words(kind)
