"""The reasons of decisions in words a guard can read."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.access.decision import AccessCode
from gateway.model import Words

_REASONS: Mapping[AccessCode, Words] = {
    AccessCode.OK: Words("准许通行", "Let in"),
    AccessCode.REMOTE: Words("值班人员远程开门", "Opened by the guard room"),
    AccessCode.FIRE: Words("火警，门已释放", "Fire: the door is released"),
    AccessCode.PASSBACK_NOTED: Words("已在区内又进入（仅记录）", "Let in although already inside"),
    AccessCode.CONTROLLER: Words("控制器按名单放行", "Let in by the controller, by its list"),
    AccessCode.CONTROLLER_REFUSED: Words("控制器拒绝", "Refused by the controller"),
    AccessCode.TOO_MANY: Words(
        "密码错误次数太多，键盘暂停使用", "Too many wrong PINs: the keypad takes none for a while"
    ),
    AccessCode.NO_DOOR: Words("该门未配置通行规则", "No rules are set for this door"),
    AccessCode.KIND_NOT_TAKEN: Words("该门不接受这种凭证", "This door does not take this kind of credential"),
    AccessCode.UNKNOWN: Words("未登记的凭证", "Unknown credential"),
    AccessCode.BARRED: Words("在禁止通行名单上", "On the list of those who are barred"),
    AccessCode.NOT_BEGUN: Words("尚未生效", "Not valid yet"),
    AccessCode.ENDED: Words("凭证已到期或已停用", "The credential has ended"),
    AccessCode.MOVED_OUT: Words("已不是住户", "No longer belongs to a household here"),
    AccessCode.NOT_HERE: Words("没有这个门的通行权", "Has no right at this door"),
    AccessCode.NOT_NOW: Words("不在准许的时段", "Not at this time"),
    AccessCode.REVOKED: Words("访客通行证已撤销", "The pass has been revoked"),
    AccessCode.USED_UP: Words("访客通行证次数已用完", "The pass has been used as often as it may be"),
    AccessCode.CODE_FORGED: Words("访客码签名不对，可能是伪造", "The code's signature is wrong: perhaps forged"),
    AccessCode.CODE_STALE: Words("访客码已过时，可能是截屏", "The code is old: perhaps a screenshot"),
    AccessCode.CODE_COPIED: Words("同一访客码用于两个门，可能被转发", "The same code at two doors: perhaps forwarded"),
    AccessCode.PASSBACK: Words("防反传：记录显示已在区内或已离开", "Anti-passback: inside or outside already"),
    AccessCode.INTERLOCK: Words("互锁：另一道门还开着", "Interlock: another door is still open"),
    AccessCode.ARMED: Words("室内已布防，请先撤防", "The alarm behind this door is armed: disarm it first"),
    AccessCode.SECOND_PERSON: Words("双人门：请第二人刷卡", "Two-person door: waiting for the second person"),
    AccessCode.LATE: Words("读卡器的消息迟到，或其时钟不准", "The reader's message is late, or its clock is wrong"),
    AccessCode.CUT_OFF: Words("网关当时重启，没有开门", "The gateway restarted at that moment: not opened"),
}


def reason_of(code: AccessCode, zh: str = "", en: str = "") -> Words:
    """The reason, with more about it where there is something to say."""
    words = _REASONS[code]
    return Words(f"{words.zh}（{zh}）", f"{words.en} ({en})") if zh else words
