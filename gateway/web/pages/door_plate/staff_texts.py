"""The texts of the staff's page behind a door plate, and the reasons for which they may look at a household."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.model import Role, Words

REASONS: Mapping[str, Words] = {
    "repair": Words("报修联系", "A repair"),
    "emergency": Words("应急处置", "An emergency"),
    "visit": Words("上门走访", "A home visit"),
    "census": Words("人口核查", "Checking who lives here"),
    "dispute": Words("投诉纠纷", "A complaint"),
    "case": Words("案件办理", "A police matter"),
    "other": Words("其他", "Other"),
}
ROLES: Mapping[str, Words] = {
    "owner": Words("业主", "Owner"),
    "tenant": Words("租户", "Tenant"),
    "family": Words("家属", "Family"),
    "carer": Words("照护人", "Carer"),
    "resident": Words("住户", "Resident"),
    "staff": Words("工作人员", "Staff"),
    "other": Words("其他", "Other"),
}
ACCOUNTS: Mapping[Role, Words] = {
    Role.GUARD: Words("保安", "Guard"),
    Role.SUPERVISOR: Words("班长", "Supervisor"),
    Role.INSTALLER: Words("安装员", "Installer"),
    Role.MANAGER: Words("经理", "Manager"),
    Role.PROPERTY: Words("物业", "Property"),
    Role.GRID: Words("网格员", "Grid officer"),
    Role.POLICE: Words("民警", "Police"),
}
TEXTS: Mapping[str, Words] = {
    "privacy": Words("每次查看都会留档。", "Every look is on record."),
    "staff_title": Words("工作人员查看", "For staff"),
    "sign_in": Words("登录", "Sign in"),
    "sign_in_hint": Words("物业、网格员、民警和保安用自己的账号登录。", "With your own account."),
    "user": Words("用户名", "User"),
    "password": Words("密码", "Password"),
    "enter": Words("登录", "Sign in"),
    "wrong": Words("用户名或密码不对。", "User or password is wrong."),
    "not_staff": Words("这个账号不能查看住户。", "This account sees no households."),
    "signed_in": Words("已登录", "Signed in"),
    "sign_out": Words("退出", "Sign out"),
    "plate": Words("这块门牌", "This plate"),
    "issued": Words("制作", "Printed"),
    "hung": Words("挂上", "Hung"),
    "not_hung": Words("还没有登记挂牌", "Not said to hang yet"),
    "say_hung": Words("挂好了", "It hangs here"),
    "say_hung_hint": Words("请确认上面的地址就是这扇门。", "Check that the address above is this door's."),
    "say_wrong": Words("地址和这扇门不符", "The address is another door's"),
    "said_hung": Words("已登记挂牌", "Noted: it hangs here"),
    "said_wrong": Words("已通知值班室，请勿使用这块门牌", "The guard room knows. Don't use this plate"),
    "locate": Words("用手机定位核对（可选）", "Check by my position (optional)"),
    "located": Words("位置已核对", "Position checked"),
    "look": Words("查看住户", "Look at the household"),
    "look_hint": Words(
        "需要写明事由。每次查看都会留档，住户能看到。",
        "It takes a reason. Every look is on record, and the residents see it.",
    ),
    "reason": Words("事由", "Reason"),
    "note": Words("补充说明（不写姓名电话）", "More (no names, no phone numbers)"),
    "hide": Words("依法不告知住户", "By law not shown to the residents"),
    "document": Words("法律文书编号", "Number of the document"),
    "show": Words("查看", "Show"),
    "no_reason": Words("请选择事由；选“其他”时请写明。", "Please choose a reason, and say which for “Other”."),
    "no_document": Words("依法不告知时，请填写法律文书编号。", "Hidden by law: please give the document's number."),
    "unrecorded": Words("系统现在不能留档，所以不能查看。", "It can't be recorded now, so it can't be shown."),
    "people": Words("登记人数", "People registered"),
    "nobody": Words("没有登记住户", "Nobody is registered"),
    "vehicles": Words("车辆", "Vehicles"),
    "care": Words("独居关怀", "Care"),
    "care_yes": Words("有人同意被关照", "Somebody here agreed to be looked after"),
    "care_no": Words("无", "none"),
    "recorded": Words("本次查看已留档", "This look is on record"),
    "recorded_hidden": Words("本次查看已留档，依法不告知住户", "On record; by law not shown to the residents"),
    "seen_as": Words("身份", "As"),
}


def staff_texts_in(language: str) -> dict[str, str]:
    """All texts in `zh` or `en`, by name."""
    return {name: words[language] for name, words in TEXTS.items()}
