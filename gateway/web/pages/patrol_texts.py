"""The texts of the guards' pages at checkpoints, in both languages. Those that begin with `js_` are for the script."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.model import Words

TEXTS: Mapping[str, Words] = {
    "html_language": Words("zh-CN", "en"),
    "other_language": Words("English", "中文"),
    "patrol": Words("巡更", "Patrol"),
    "checkpoint": Words("巡更点", "Checkpoint"),
    "signed_in": Words("已登录", "Signed in"),
    "sign_out": Words("换人", "Change user"),
    "sign_in": Words("登录后打卡", "Sign in to record the scan"),
    "sign_in_hint": Words(
        "用您的值班账号登录。这次打卡的时间已记下，登录后自动送出。",
        "Use your own account. The time of this scan is kept and sent once you are signed in.",
    ),
    "user": Words("用户名", "User name"),
    "password": Words("密码", "Password"),
    "enter": Words("登录", "Sign in"),
    "record": Words("打卡", "Record the scan"),
    "done": Words("打卡成功", "Scan recorded"),
    "found": Words("值班室已收到", "The guard room has received it"),
    "scan": Words("扫二维码打卡", "Scan a code"),
    "stop": Words("停止", "Stop"),
    "rounds": Words("现在的巡更", "Rounds now"),
    "finding": Words("上报发现", "Report a finding"),
    "finding_hint": Words(
        "发现问题就在这里写一句，可以拍照；值班室马上看到。",
        "Write a sentence, with a photo if you like; the desk sees it.",
    ),
    "tell": Words("发现了什么？", "What did you find?"),
    "photo": Words("照片（可不传）", "Photo (optional)"),
    "send": Words("送到值班室", "Send to the guard room"),
    "gone": Words("这个巡更码已失效", "This code is no longer valid"),
    "gone_more": Words(
        "它可能已经换新，或者没有扫完整。请再扫一次；还不行请告诉班长。",
        "It may have been replaced, or was not scanned completely. Scan again; if that fails, tell the supervisor.",
    ),
    "wrong": Words("用户名或密码不对。", "The user name or password is wrong."),
    "too_many": Words("试得太多了，请稍等再试。", "Too many attempts; wait a moment."),
    "not_guard": Words("这个账号不能打卡，请用值班员或班长的账号。", "This account can't scan; use a guard's."),
    "no_text": Words("请写一句话说明情况。", "Please describe it in a few words."),
    "long_text": Words("文字请不要超过 500 字。", "Please keep it within 500 characters."),
    "large_photo": Words("照片超过 2 MB，请换一张小一些的。", "The photo is larger than 2 MB; use a smaller one."),
    "no_photo": Words("这个文件不是照片（支持 JPEG、PNG、WebP）。", "That file is not a photo (JPEG, PNG or WebP)."),
    "not_kept": Words("系统故障，没有送达。请直接打电话。", "The system has a fault; it was not sent. Please call."),
    "broken_form": Words("提交的内容不完整，请再试一次。", "The form arrived incomplete; please try again."),
    "footer": Words("打卡记录：谁、哪里、什么时候。", "A scan records who, where and when."),
    "js_sending": Words("正在送出…", "Sending…"),
    "js_kept": Words("没有信号：已存在手机里", "No signal: kept in this phone"),
    "js_kept_more": Words(
        "{n} 次打卡待补传。有信号时打开这一页会自动送出，记录里注明“补传”。请不要清除浏览器数据。",
        "{n} waiting. They are sent when this page is open with a signal, and are marked as late. Don't clear the"
        " browser's data.",
    ),
    "js_late": Words("补传", "delivered late"),
    "js_done": Words("打卡成功", "Scan recorded"),
    "js_again": Words("这里刚刚打过卡", "Recorded here a moment ago"),
    "js_bad_code": Words("这个二维码不是本小区有效的巡更码", "This is no valid checkpoint code of this compound"),
    "js_doubt": Words(
        "手机时间不可信，已记录但不计入巡更，请告诉班长",
        "The phone's time can't be believed: on record, but it counts for no round. Tell the supervisor",
    ),
    "js_no_round": Words("现在没有要走的巡更，已记录", "No round is due now; recorded"),
    "js_other": Words(
        "另有 {n} 次属于 {user}，请用该账号登录后补传", "{n} more belong to {user}; sign in as that user"
    ),
    "js_failed": Words("值班系统暂时不收，稍后再试", "The gateway can't take it now; it will be tried again"),
    "js_camera": Words(
        "打不开摄像头：请允许使用摄像头，或用手机自带的扫一扫", "No camera: allow it, or use the phone's own"
    ),
    "js_insecure": Words(
        "此网址不是 HTTPS：没有信号时打不了卡，也不能在这里扫码。请用手机自带的扫一扫。",
        "This address is not HTTPS: no scans without a signal, and no camera here. Use the phone's own scanner.",
    ),
    "js_offline_ready": Words("没有信号时也能打卡", "Works without a signal"),
    "js_no_offline": Words(
        "这个浏览器不能离线打开本页，没有信号时请到有信号处再扫", "This browser can't open the page without a signal"
    ),
    "js_no_storage": Words("这个浏览器不保存数据，请不要关闭本页", "This browser keeps nothing: don't close the page"),
}


def texts_in(language: str) -> dict[str, str]:
    """All texts in `zh` or `en`, by name."""
    return {name: words[language] for name, words in TEXTS.items()}


def script_texts(language: str) -> dict[str, str]:
    """Those of the script."""
    return {name.removeprefix("js_"): text for name, text in texts_in(language).items() if name.startswith("js_")}
