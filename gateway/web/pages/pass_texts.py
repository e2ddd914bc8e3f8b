"""The texts of the visitor's page, in both languages. Those that begin with `js_` are for the script."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.model import Words

TEXTS: Mapping[str, Words] = {
    "html_language": Words("zh-CN", "en"),
    "other_language": Words("English", "中文"),
    "pass": Words("访客通行证", "Visitor's pass"),
    "code": Words("通行码", "The code for the door"),
    "call": Words("拨打物业电话", "Call the property office"),
    "emergency": Words("遇到危险，请先拨打 110、119 或 120。", "In danger, call 110, 119 or 120 first."),
    "privacy": Words("本页只给受邀的人，请不要转发。", "This page is for who was invited: please don't pass it on."),
    "changes_before": Words("", "Changes in"),
    "changes_after": Words("秒后换码", "s"),
    "screenshot": Words(
        "请打开本页对准门口的摄像机或读码器。截屏很快失效。",
        "Hold this page before the camera or reader at the door. A screenshot fails soon.",
    ),
    "no_script": Words(
        "浏览器没有脚本：此码只在打开时有效，本页会自动刷新。",
        "No script in this browser: the code is valid as of now; the page loads itself again.",
    ),
    "when": Words("时间", "When"),
    "where": Words("去哪里", "Where to"),
    "doors": Words("可以进的门", "Doors"),
    "comma": Words("、", ", "),
    "plate": Words("车牌", "Vehicle"),
    "plate_hint": Words("车道认出此车牌就会抬杆", "The barrier opens when it reads this plate"),
    "times": Words("次数", "Uses"),
    "hours": Words("每天 {hours}", "every day {hours}"),
    "gone": Words("这张通行证不能用了", "This pass is not valid"),
    "gone_more": Words(
        "它可能已撤销或过期，或者链接不完整。请联系邀请您的人，或拨打物业电话。",
        "It may have been revoked, has ended, or the address is not complete. Ask who invited you, or call the office.",
    ),
    "js_early": Words("还没到时间", "Not yet: see the time below"),
    "js_over": Words("通行证已到期", "This pass has ended"),
    "js_revoked": Words("通行证已撤销", "This pass was revoked"),
    "js_used_up": Words("次数已用完", "All uses are spent"),
    "js_gone": Words("这张通行证不能用了", "This pass is not valid"),
    "js_uses": Words("每个门可进 {uses} 次，还剩 {left} 次", "{uses} at each door, {left} left"),
    "js_online": Words("✓ 已联网核对", "✓ Checked online"),
    "js_offline": Words("没有网络，通行码照常更新。", "No network: the code goes on changing all the same."),
    "js_kept": Words("本页已存在手机里，没有网络也能打开。", "Kept in this phone: it opens without a network too."),
    "js_open": Words("没有网络时请不要关闭本页。", "Don't close this page where there is no network."),
}


def texts_in(language: str) -> dict[str, str]:
    """All texts in `zh` or `en`, by name."""
    return {name: words[language] for name, words in TEXTS.items()}


def script_texts(language: str) -> dict[str, str]:
    """Those of the script."""
    return {name.removeprefix("js_"): text for name, text in texts_in(language).items() if name.startswith("js_")}
