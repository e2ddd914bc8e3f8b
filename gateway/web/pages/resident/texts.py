"""The texts of residents' pages, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.model import Words

TEXTS: Mapping[str, Words] = {
    "html_language": Words("zh-CN", "en"),
    "other_language": Words("English", "中文"),
    "title": Words("住户", "Residents"),
    "back": Words("返回首页", "Back"),
    "call": Words("拨打物业电话", "Call the property office"),
    "emergency": Words("遇到危险，请先拨打 110、119 或 120。", "In danger, call 110, 119 or 120 first."),
    "never_pay": Words(
        "本页面从不要求付款，物业和保安不会索要验证码。", "This page never asks for money; nobody asks for your code."
    ),
    # before sign-in
    "sign_in": Words("住户登录", "Residents sign in"),
    "your_number": Words("登记的手机号码", "Your registered phone number"),
    "send_code": Words("获取验证码", "Send me a code"),
    "number_hint": Words(
        "请填写在物业登记的号码。不需要密码。", "The number that the property office has. No password."
    ),
    "code_sent": Words("验证码已发出", "A code is on its way"),
    "code_hint": Words(
        "如果这个号码登记过，几秒内会收到 6 位验证码。",
        "If this number is registered, a code of 6 digits arrives within seconds.",
    ),
    "code": Words("6 位验证码", "The code of 6 digits"),
    "code_valid": Words("分钟内有效", "minutes valid"),
    "enter": Words("登录", "Sign in"),
    "another_number": Words("换一个号码，或重新获取", "Another number, or another code"),
    "no_code": Words(
        "没有收到？请到物业或门岗柜台领取。", "No code? The property office and the guards make one for you."
    ),
    "wrong_code": Words(
        "验证码不正确或已失效，请再试或重新获取。", "The code is wrong or no longer valid; try again, or get another."
    ),
    "no_number": Words("请填写正确的手机号码。", "Please give a valid phone number."),
    "too_many": Words("操作太频繁，请几分钟后再试。", "Too many attempts; try again in some minutes."),
    "not_kept": Words(
        "系统故障，请稍后再试，或拨打物业电话。", "The system has a fault; try later, or call the office."
    ),
    "one_moment": Words("请稍候…", "One moment…"),
    "go_on": Words("继续", "Go on"),
    "key_title": Words("在这部手机上登录", "Sign in on this phone"),
    "key_hint": Words(
        "这个二维码只能用一次，请在您自己的手机上使用。", "This code works once. Use it on your own phone."
    ),
    "key_gone": Words("这个登录码已失效", "This code is no longer valid"),
    "key_gone_hint": Words(
        "它可能已经用过或过期，请向物业另领一个。", "It was used, or is too old. Ask the property office for another."
    ),
    # signed in
    "hello": Words("您好", "Hello"),
    "room": Words("房号", "Room"),
    "my_rooms": Words("我的房屋", "My rooms"),
    "notices": Words("通知", "Notices"),
    "all_notices": Words("全部通知", "All notices"),
    "no_notices": Words("没有通知。", "There are no notices."),
    "older": Words("更早的", "Older"),
    "household": Words("家人、车辆和申请", "People, vehicles, requests"),
    "alerts": Words("家中报警", "Alerts at home"),
    "passes": Words("访客通行证", "Visitors' passes"),
    "alarm": Words("布防和撤防", "Arm and disarm"),
    "door": Words("开单元门", "Open the door"),
    "devices": Words("我的手机", "My phones"),
    "privacy": Words("我的信息和查看记录", "My data, and who looked"),
    "sign_out": Words("退出登录", "Sign out"),
    "visitor_waits": Words("门口有访客", "Somebody is at your door"),
    "let_in": Words("请进", "Let them in"),
    "decline": Words("不见", "Not now"),
    "let_in_done": Words("已同意，访客的手机上会看到。", "The visitor sees it on their phone."),
    "declined": Words("已谢绝，访客不会知道家里有没有人。", "Declined; the visitor does not learn whether you are in."),
    # passes
    "pass_new": Words("邀请访客", "Invite a visitor"),
    "pass_name": Words("访客称呼", "Their name"),
    "pass_kind": Words("类型", "Kind"),
    "pass_since": Words("从", "From"),
    "pass_ends": Words("到", "Until"),
    "pass_plate": Words("开车的话，车牌", "Number plate, if by car"),
    "pass_uses_field": Words("每道门最多几次（可不填）", "Times at each door (optional)"),
    "pass_make": Words("生成通行证", "Make the pass"),
    "pass_ready": Words("通行证已生成", "The pass is ready"),
    "pass_share": Words("把这个地址发给访客，或让访客扫码。", "Send the visitor this address, or let them scan it."),
    "pass_qr": Words("通行证地址的二维码", "QR code of the pass's address"),
    "pass_page": Words("访客看到的页面", "What the visitor sees"),
    "pass_in_force": Words("有效的通行证", "Passes in force"),
    "pass_ended": Words("已结束", "Ended"),
    "no_passes": Words("没有通行证。", "There are no passes."),
    "pass_revoke": Words("撤销", "Revoke"),
    "pass_made": Words("已生成。", "Made."),
    "pass_revoked": Words("已撤销", "Revoked"),
    "pass_open": Words("● 有效", "● In force"),
    "pass_early": Words("○ 还没开始", "○ Not yet"),
    "pass_over": Words("已过期", "Over"),
    "pass_used_up": Words("次数用完", "Used up"),
    "pass_until": Words("结束时间不行。", "It can't end then."),
    "pass_from": Words("开始时间不行。", "It can't begin then."),
    "pass_uses": Words("次数不行。", "It can't be used so many times."),
    "too_many_passes": Words("本户通行证太多，请先撤销不用的。", "Too many passes; revoke some first."),
    # door
    "open": Words("开门", "Open"),
    "near_until": Words("可以开门，到", "You can open until"),
    "on_record": Words("每次开门都有记录。", "Each opening is on record."),
    "scan_first": Words(
        "请先用这部手机扫一下门上的二维码，几分钟内就能在这里开门。",
        "First scan the QR code at the door with this phone; for some minutes the door opens from here.",
    ),
    "no_door_here": Words("扫到的地方没有可以用手机开的门。", "There is no door here that a phone opens."),
    "door_opened": Words("门已打开。", "The door is open."),
    "door_refused": Words("没有开门：", "Not opened:"),
    "not_near": Words("时间已过，请再扫一次门上的二维码。", "Too late: scan the code at the door once more."),
    # alarm
    "no_alarm": Words("本房没有在网关上布防的报警设备。", "There is no alarm in this room that the gateway arms."),
    "phase_armed": Words("已布防", "Armed"),
    "phase_disarmed": Words("已撤防", "Disarmed"),
    "phase_arming": Words("正在布防，请离开", "Arming: leave now"),
    "phase_entry": Words("请马上撤防", "Disarm now"),
    "phase_unknown": Words("状态未知", "Unknown"),
    "arm_away": Words("外出布防", "Arm: everybody leaves"),
    "arm_home": Words("在家布防", "Arm: at home"),
    "arm_night": Words("夜间布防", "Arm: for the night"),
    "disarm": Words("撤防", "Disarm"),
    "home_code": Words("家中密码", "Your home's code"),
    "open_zones": Words("还开着：", "Open:"),
    "mirrored": Words("这套主机自己布撤防，这里只显示状态。", "This panel arms itself; here you see its state."),
    "memory": Words("布防后的报警", "Alarms since it was armed"),
    "false_hint": Words(
        "如果是误报，请凭家中密码告诉门卫。", "If it was false, tell the guards with your home's code."
    ),
    "false_alarm": Words("误报，是我", "False, it was me"),
    "told_false": Words("已告诉门卫是误报。", "The guards know that it was false."),
    "alarm_done": Words("已完成。", "Done."),
    "not_armed": Words("没有成功：", "Not done:"),
    "may_not_arm": Words("您不能操作这户的布撤防。", "You may not arm or disarm this home."),
    "wrong_home_code": Words("密码不正确。", "The code is wrong."),
    "my_code": Words("我的家中密码", "My code at home"),
    "my_code_hint": Words(
        "4 至 8 位数字，在键盘或手机上撤防、告诉门卫误报时用。被人胁迫时输入胁迫密码：看上去一样，门卫会悄悄收到。",
        "4 to 8 digits, for the keypad, and to tell the guards of a false alarm. If you are forced to, enter the code"
        " for duress: it looks the same, and the guards know.",
    ),
    "old_home_code": Words("现在的密码（第一次不填）", "Present code (none the first time)"),
    "new_home_code": Words("新密码", "New code"),
    "duress_home_code": Words("胁迫密码（可不填）", "Code for duress (optional)"),
    "set_code": Words("保存密码", "Keep the code"),
    "code_set": Words("密码已保存。", "Your code is kept."),
    "no_home_code": Words(
        "请换一个密码：4 至 8 位，不能全是同一个数字，胁迫密码要不同。",
        "Choose another code: 4 to 8 digits, not one digit alone, and another for duress.",
    ),
    "home_code_optional": Words("家中密码（可不填）", "Your home's code (optional)"),
    "give_home_code": Words("请输入家中密码。", "Give your home's code."),
    # household
    "people": Words("家庭成员", "People"),
    "me": Words("本人", "you"),
    "vehicles": Words("车辆", "Vehicles"),
    "cards": Words("门禁卡", "Cards"),
    "no_vehicles": Words("没有登记车辆。", "No vehicle is registered."),
    "requests": Words("申请记录", "Requests"),
    "no_requests": Words("没有申请。", "There are no requests."),
    "ask_change": Words("申请变更", "Ask for a change"),
    "ask_hint": Words("提交后由物业确认，确认后才生效。", "The property office confirms it; nothing changes before."),
    "add_person": Words("登记一个人", "Register a person"),
    "move_out": Words("有人搬离", "Somebody moves out"),
    "change_phone": Words("更换号码", "A new phone number"),
    "add_vehicle": Words("登记车辆", "Register a vehicle"),
    "end_vehicle": Words("注销车辆", "Remove a vehicle"),
    "end_credential": Words("门禁卡遗失，停用", "A card is lost: stop it"),
    "name": Words("姓名", "Name"),
    "number": Words("手机号码", "Phone number"),
    "role": Words("身份", "Who they are"),
    "until": Words("到期日（可不填）", "Until (optional)"),
    "person": Words("人员", "Person"),
    "plate": Words("车牌", "Number plate"),
    "submit": Words("提交申请", "Send the request"),
    "state_open": Words("等待物业确认", "Waits for the property office"),
    "state_confirmed": Words("已确认", "Confirmed"),
    "state_refused": Words("未同意", "Refused"),
    "state_withdrawn": Words("已撤回", "Withdrawn"),
    "registration_waits": Words(
        "有人在门口申请登记到本房，请业主确认", "Somebody asked at the door to be registered here"
    ),
    "confirm": Words("确认是本房租户", "Confirm"),
    "refuse": Words("不同意", "Refuse"),
    "withdraw": Words("撤回", "Withdraw"),
    "asked": Words("已提交，等待物业确认。", "Sent. The property office will confirm it."),
    "answered": Words("已答复。", "Answered."),
    "withdrawn": Words("已撤回。", "Withdrawn."),
    "answered_already": Words("这项申请已经有答复。", "This request has an answer already."),
    "not_possible": Words(
        "现在不能这样变更，请联系物业。", "This change is not possible now; ask the property office."
    ),
    "too_many_requests": Words("等待答复的申请太多，请稍后再提。", "Too many requests wait for an answer; try later."),
    # care
    "care": Words("独居关怀", "Care"),
    "care_hint": Words(
        "独自居住的人同意后，家里长时间没有动静，物业会来看看。",
        "For people who live alone and agree: after a long silence somebody looks in.",
    ),
    "care_well": Words("一切正常", "All is well"),
    "care_away": Words("外出中，暂停关怀", "Away: care pauses"),
    "care_asked": Words("太久没有动静，物业正在核实", "Too long a silence: somebody is looking in"),
    "care_until": Words("到", "until"),
    "care_fine": Words("我很好，报个平安", "I am fine"),
    "care_back": Words("我回来了", "I am back"),
    "care_going_away": Words("要出门几天？", "Going away?"),
    "care_away_hint": Words(
        "到这天结束自动恢复；提前回来请点「我回来了」。",
        "It ends by itself after that day; back sooner? Say so.",
    ),
    "care_last_day": Words("最后一天", "The last day"),
    "care_go": Words("告诉物业我出门了", "I am away"),
    "care_knows": Words("系统知道什么", "What it knows"),
    "care_chosen": Words("选定的时间", "Chosen"),
    "care_now": Words("按平时习惯，这次最多", "by habit, this silence at most"),
    "hours": Words("小时", "hours"),
    "care_under": Words("用水少于", "less water than"),
    "care_no_signs": Words("还没有记录到动静。", "No sign of life so far."),
    "care_end": Words("不再需要关怀", "End care"),
    "care_agree_title": Words("本人同意", "I agree"),
    "care_agree": Words("我本人同意", "I agree myself"),
    "care_no_start": Words("请选择一个时间。", "Choose a time."),
    "care_bad_date": Words("日期要在今天以后，且不能太远。", "The day must lie ahead, and not too far."),
    "care_agreed": Words("已记录，关怀从现在开始。", "On record; care begins now."),
    "care_away_done": Words("已暂停关怀。", "Care pauses."),
    "care_back_done": Words("已恢复关怀。", "Care goes on."),
    "care_fine_done": Words("已报平安。", "Noted: you are fine."),
    "care_ended": Words("已停止，学到的习惯已删除。", "Ended; what was learnt is deleted."),
    "broken_form": Words("提交的内容不完整，请再试一次。", "The form arrived incomplete; please try again."),
    "no_name": Words("请填写姓名（不超过 40 字）。", "Please give a name of at most 40 characters."),
    "no_plate": Words("请填写正确的车牌。", "Please give a valid number plate."),
    "no_day": Words("请填写正确的日期。", "Please give a valid date."),
    # alerts
    "no_alerts": Words("没有报警。", "There are no alerts."),
    "handled_by": Words("处理", "Handled"),
    "nobody_yet": Words("值班室还没有处理。", "The guard room has not handled it yet."),
    # devices
    "devices_hint": Words(
        "登录过的手机，不是您的请马上退出。", "Phones that are signed in as you. Sign out what is not yours."
    ),
    "this_phone": Words("这部手机", "This phone"),
    "since": Words("登录于", "Signed in"),
    "seen": Words("最近使用", "Last used"),
    "remembered": Words("记住到", "Remembered until"),
    "revoke": Words("退出这部手机", "Sign it out"),
    "phone_out": Words("已退出那部手机。", "That phone is signed out."),
    # privacy
    "who_looked": Words("谁查看过本房的资料", "Who looked at this room's record"),
    "no_looks": Words("没有人查看过。", "Nobody looked."),
    "consents": Words("我同意的事项", "What I agree to"),
    "consents_hint": Words(
        "是否同意由您决定，不同意不影响正常进出和使用。撤回后，有关信息立即删除。",
        "It is up to you: saying no changes nothing else. What you take back is deleted at once.",
    ),
    "answers_for_data": Words("个人信息负责人：", "Who answers for personal data:"),
    "agreed_since": Words("已同意", "agreed"),
    "not_agreed": Words("未同意", "not agreed"),
    "version": Words("版本", "Version"),
    "agree": Words("我已阅读并同意", "I have read it and agree"),
    "care_begins": Words("在首页的「独居关怀」里选时长并开通。", "Choose how long, and begin, on the page “Care”."),
    "take_back": Words("撤回同意", "Take it back"),
    "agreed": Words("已记录您的同意", "Your consent is on record"),
    "taken_back": Words("已撤回，有关信息已删除", "Taken back; what it was for is deleted"),
    "text_changed": Words("告知内容已更新，请重新阅读", "The text has changed: read it again"),
    "my_data": Words("我的数据", "My data"),
    "my_data_hint": Words(
        "物业系统中关于您本人的全部资料，可以下载。", "All that the gateway keeps about you, as a file."
    ),
    "download": Words("下载我的数据", "Download my data"),
}


def texts_in(language: str) -> dict[str, str]:
    """All texts in `zh` or `en`, by name."""
    return {name: words[language] for name, words in TEXTS.items()}
