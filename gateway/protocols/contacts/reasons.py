"""Why what hangs on a module is not done, as a guard is told it."""

from __future__ import annotations

from gateway.model import Words

REPLACED = Words("未确认前又下了新指令", "another command came before it was confirmed")
AWAY = Words("所在模块无应答", "its module does not answer")
UNSEEN = Words("看不到地感和防砸信号", "its sensors can't be seen")
HELD = Words("联动保持抬杆", "it is held open now")
TWO_LIMITS = Words("开到位和关到位同时有信号，请通知安装员", "both its limits say that it stands at them")
IS_HELD = {"open": "保持抬杆，不能落杆", "on": "保持接通，不能断开", "off": "保持断开，不能接通"}
"""The Chinese for how an interlock holds something, and what therefore can't be."""
