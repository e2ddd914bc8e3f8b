"""The texts of the page of care for people who live alone, in both languages."""

from __future__ import annotations

from gateway.model import Words

CARE_TEXTS: dict[str, Words] = {
    "care": Words("独居关怀", "Care, and away"),
    "care_none": Words("本房没有开通独居关怀。", "Nobody here has asked for care."),
    "care_for": Words("关怀对象", "For"),
    "care_hours": Words("没有活动迹象的时间上限", "Longest time without a sign of life"),
    "care_allowed": Words("按平时习惯，现在最多", "By your habit, at present"),
    "hours": Words("小时", "hours"),
    "care_well": Words("一切正常", "All is well"),
    "care_asked": Words("已请物业来看看", "The property was asked to look after you"),
    "care_away": Words("外出中，暂停到", "Away: paused until"),
    "care_signs": Words("最近的活动迹象", "Newest signs of life"),
    "no_signs": Words("还没有。", "None yet."),
    "care_habit": Words("从平时学到的（最长的安静时间）", "What was learnt (the longest silence)"),
    "care_from": Words("点起", "o'clock on"),
    "care_usual": Words("平时", "usually"),
    "care_days": Words("天", "days"),
    "care_fine": Words("我很好", "I am fine"),
    "care_until": Words("外出到", "Away until"),
    "care_go": Words("外出，先不关怀", "Away: pause care"),
    "care_back": Words("我回来了", "I am back"),
    "care_begin": Words("开通", "Begin"),
    "care_choose": Words("多久没有动静，就来看看我", "Look after me when there was no sign for"),
    "care_agree": Words("我已阅读并同意", "I have read it and agree"),
    "care_end": Words("停止关怀，删除记录", "End care, and delete what was learnt"),
    "care_begun": Words("已开通。", "Care has begun."),
    "care_ended": Words("已停止，记录已删除。", "Care has ended; what was learnt is deleted."),
    "care_noted": Words("已记下。", "Noted."),
    "care_time": Words("时间不正确：要在将来，也不能太远。", "The time must lie ahead, and not too far."),
}
