"""The texts of the door plate's pages, in both languages. Those of staff are in `staff_texts.py`."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.model import Words

CATEGORIES: Mapping[str, Words] = {
    "stranger": Words("可疑人员", "Stranger"),
    "safety": Words("安全隐患", "Hazard"),
    "repair": Words("设施损坏", "Damage"),
    "lift": Words("电梯故障", "Lift"),
    "water": Words("漏水停水", "Water"),
    "noise": Words("噪音扰民", "Noise"),
    "parking": Words("占道停车", "Parking"),
    "other": Words("其他", "Other"),
}
"""Kinds of reports. The keys are those of rules/report.py."""

TEXTS: Mapping[str, Words] = {
    "html_language": Words("zh-CN", "en"),
    "other_language": Words("English", "中文"),
    "door_plate": Words("门牌", "Door plate"),
    "phrase": Words("本小区的图语", "Our picture phrase"),
    "phrase_hint": Words(
        "扫码后图语不对、或让您付钱，就是假门牌：不要操作，请打物业电话。",
        "Other pictures, or a page that asks for money: a false plate. Stop, and call the property office.",
    ),
    "call": Words("拨打物业电话", "Call the property office"),
    "emergency": Words("遇到危险，请先拨打 110、119 或 120。", "In danger, call 110, 119 or 120 first."),
    "report": Words("上报事项", "Report a matter"),
    "report_hint": Words(
        "任何人都可以上报，内容会直接送到值班室。", "Anyone may report; the report goes straight to the guard room."
    ),
    "what": Words("是什么事？", "What is it?"),
    "tell": Words("说说情况", "Tell us more"),
    "tell_hint": Words("在哪里、什么时候、看到了什么", "Where, when, what you saw"),
    "photo": Words("照片（可不传）", "Photo (optional)"),
    "photo_hint": Words(
        "一张，不超过 2 MB。拍摄地点等信息会被去除。", "One photo, up to 2 MB. The location stored in it is removed."
    ),
    "send": Words("送到值班室", "Send to the guard room"),
    "privacy": Words(
        "无需登录，不会显示住户信息；本页从不收钱，也不要验证码和银行卡。",
        "No sign-in; nothing about residents is shown. This page never asks for money, codes or bank cards.",
    ),
    "thanks": Words("值班室已收到", "The guard room has received it"),
    "thanks_more": Words(
        "谢谢您。事情紧急的话，请再打一次物业电话。", "Thank you. If it is urgent, please call the office as well."
    ),
    "again": Words("再报一件", "Report something else"),
    "back": Words("返回门牌", "Back to the door plate"),
    "gone": Words("这个门牌码已失效", "This code is no longer valid"),
    "gone_more": Words(
        "它可能已经换新，或者没有扫完整。请再扫一次门上的二维码，或联系物业。",
        "It may have been replaced, or was not scanned completely. Scan the plate again, or call the property office.",
    ),
    "no_text": Words("请写一句话说明情况。", "Please describe it in a few words."),
    "long_text": Words("文字请不要超过 500 字。", "Please keep it within 500 characters."),
    "no_category": Words("请选择是什么事。", "Please choose what it is."),
    "large_photo": Words(
        "照片超过 2 MB，请换一张小一些的。", "The photo is larger than 2 MB; please use a smaller one."
    ),
    "no_photo": Words("这个文件不是照片（支持 JPEG、PNG、WebP）。", "That file is not a photo (JPEG, PNG or WebP)."),
    "too_many": Words("操作太频繁，请稍后再试，急事请打电话。", "Too many at once; try later, or call if urgent."),
    "not_kept": Words("系统故障，没有送达。请直接打电话。", "The system has a fault and it was not sent. Please call."),
    "broken_form": Words("提交的内容不完整，请再试一次。", "The form arrived incomplete; please try again."),
    "help": Words("紧急求助", "Call for help"),
    "help_ask": Words("要呼叫值班室吗？", "Call the guard room?"),
    "help_more": Words(
        "值班室会立即响铃，保安会到这扇门来。", "It rings in the guard room at once, and a guard comes to this door."
    ),
    "help_yes": Words("是，马上呼叫", "Yes, call now"),
    "help_no": Words("不用，返回", "No, go back"),
    "help_unkept": Words(
        "系统故障，求助可能没有送达。请马上打电话。",
        "The system has a fault and the call may not have arrived. Please phone.",
    ),
    "help_many": Words(
        "这扇门刚刚求助过，值班室已经知道。请再打电话。", "Help was called at this door just now. Please phone as well."
    ),
    "help_sent": Words("值班室已经响铃", "It rings in the guard room"),
    "visit": Words("我来访", "I am visiting"),
    "visit_title": Words("告诉住户您来了", "Tell the household that you are here"),
    "visit_more": Words(
        "我们会转告这一户。这里不会显示住户是谁、在不在家。",
        "We pass it on. This page never shows who lives here or whether anybody is in.",
    ),
    "your_name": Words("您的称呼", "Your name"),
    "name_hint": Words("例如：李师傅、表妹小周", "Such as: Mr Li, cousin Zhou"),
    "why_here": Words("来做什么（可不填）", "What for (optional)"),
    "visit_send": Words("请转告住户", "Tell the household"),
    "no_name": Words("请写下您的称呼（40 字以内）。", "Please give your name, up to 40 characters."),
    "asked": Words("已转告", "Passed on"),
    "asked_more": Words(
        "若住户同意，通行码会显示在这一页，请不要关闭。没有回应时，请直接联系住户。",
        "If the household agrees, your pass shows on this page: keep it open."
        " Without an answer, please contact the household yourself.",
    ),
    "look_again": Words("看看有没有回应", "Look again"),
    "over": Words("没有回应", "No answer"),
    "over_more": Words(
        "请直接联系住户，或联系物业。", "Please contact the household yourself, or the property office."
    ),
    "accepted": Words("可以进来", "You may come in"),
    "accepted_more": Words("请到门岗出示通行码。", "Show your pass at the gate."),
    "accepted_no_pass": Words("请联系门岗放行。", "Please ask the guards at the gate."),
    "open_pass": Words("打开通行码", "Open my pass"),
    "live_here": Words("我住这里", "I live here"),
    "register": Words("租客登记", "Tenant's registration"),
    "register_more": Words(
        "提交后请房主确认。这里不会显示房屋是否出租、房主是谁。",
        "The owner is asked to confirm it. This page never shows whether the flat is let, or by whom.",
    ),
    "full_name": Words("姓名", "Full name"),
    "your_phone": Words("手机号", "Mobile number"),
    "since": Words("从哪天住", "From"),
    "until": Words("到哪天（可不填）", "Until (optional)"),
    "register_send": Words("提交，等房主确认", "Send for the owner's confirmation"),
    "registered": Words("已提交", "Sent"),
    "registered_more": Words(
        "房主确认后，物业会联系您。没有回音时，请联系房主或物业。",
        "When the owner has confirmed it, the office contacts you. Otherwise ask the owner or the office.",
    ),
    "no_phone": Words("请写 11 位手机号。", "Please give a mobile number of 11 digits."),
    "no_dates": Words("日期不对：结束应在开始之后。", "Please check the dates: the end comes after the beginning."),
    "staff": Words("工作人员", "Staff"),
    "progress": Words("办理进度", "How it goes"),
    "your_report": Words("您上报的", "Your report"),
    "your_call": Words("您的求助", "Your call for help"),
    "stage_received": Words("已收到", "Received"),
    "stage_seen": Words("已受理", "Seen"),
    "stage_handled": Words("正在处理", "Being handled"),
    "stage_closed": Words("已办结", "Closed"),
    "now_here": Words("现在", "now"),
    "answer": Words("值班室的答复", "The guard room's answer"),
    "keep_link": Words(
        "这是您的专用链接，请收藏此页，随时可以回来看。知道链接的人都能看到。",
        "This is your private link: keep this page to come back. Whoever has the link can see it.",
    ),
    "lost": Words("没有这条记录", "There is no such record"),
    "lost_more": Words("链接不完整，或者已过保存期。", "The link is incomplete, or its time is over."),
}


def texts_in(language: str) -> dict[str, str]:
    """All texts in `zh` or `en`, by name."""
    return {name: words[language] for name, words in TEXTS.items()}
