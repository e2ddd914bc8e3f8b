"""Why a command is not carried out, in words for the guard."""

from __future__ import annotations

from gateway.model import Words

SUPERSEDED = Words("未确认前又下了新指令", "another command came before it was confirmed")
UNIT_OFFLINE = Words("所在模块无应答", "its module does not answer")
SENSORS_UNKNOWN = Words("看不到地感和防砸信号", "its sensors can't be read")
HELD_OPEN = Words("联动保持抬杆", "it is held open now")
BOTH_LIMITS_ACTIVE = Words("开到位和关到位同时有信号，请通知安装员", "both its limit switches are active")
HELD_STATES_ZH = {"open": "保持抬杆，不能落杆", "on": "保持接通，不能断开", "off": "保持断开，不能接通"}
"""By the state an interlock holds: what is held, and which command is therefore rejected, in Chinese."""
