"""The texts of the residents' pages, in both languages."""

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
    "privacy": Words("无需登录，不会显示住户信息。", "No sign-in; nothing about residents is shown here."),
    "thanks": Words("值班室已收到", "The guard room has received it"),
    "thanks_more": Words(
        "谢谢您。事情紧急的话，请再打一次物业电话。", "Thank you. If it is urgent, please call the office as well."
    ),
    "again": Words("再报一件", "Report something else"),
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
    "too_many": Words("上报太频繁，请稍后再试，急事请打电话。", "Too many reports; try later, or call if urgent."),
    "not_kept": Words(
        "系统故障，没有送达。请直接打电话。", "The system has a fault and the report was not sent. Please call."
    ),
    "broken_form": Words("提交的内容不完整，请再试一次。", "The form arrived incomplete; please try again."),
}


def texts_in(language: str) -> dict[str, str]:
    """All texts in `zh` or `en`, by name."""
    return {name: words[language] for name, words in TEXTS.items()}
