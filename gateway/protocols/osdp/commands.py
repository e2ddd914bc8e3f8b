"""What a reader shows and sounds: commands as libosdp takes them (SIA OSDP 2.2: osdp_LED, osdp_BUZ, osdp_TEXT).

Times on the wire are tenths of a second in one byte; a LED's timer has two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from osdp import Capability, Command, CommandLEDColor

from gateway.errors import CommandFailed
from gateway.model import Json, Words

OsdpCommand = Mapping[str, Any]
COLOURS = {
    "red": CommandLEDColor.Red,
    "green": CommandLEDColor.Green,
    "amber": CommandLEDColor.Amber,
    "blue": CommandLEDColor.Blue,
    "off": CommandLEDColor.Black,
}
NEEDS = {
    Command.LED: Capability.LEDControl,
    Command.Buzzer: Capability.AudibleControl,
    Command.Text: Capability.TextOutput,
}
ACTIONS = {
    "grant": frozenset({"seconds"}),
    "deny": frozenset({"seconds"}),
    "led": frozenset({"color", "seconds"}),
    "buzzer": frozenset({"times"}),
    "text": frozenset({"text", "seconds"}),
}
MAX_SECONDS = 25
"""Of a light or a text; the wire has one byte of tenths in libosdp."""
MAX_TEXT = 32


def build_commands(action: str, arguments: Json) -> Sequence[OsdpCommand]:
    """The commands that make up an action. CommandFailed when an argument can't be."""
    match action:
        case "grant":
            return [_led("green", _seconds(arguments, 2)), _buzzer(1, 2)]
        case "deny":
            return [_led("red", _seconds(arguments, 2)), _buzzer(3, 1)]
        case "led":
            color = arguments.get("color", "green")
            if color not in COLOURS:
                raise CommandFailed(Words("没有这种颜色", f"led needs color: {', '.join(COLOURS)}, and got {color!r}"))
            return [_led(color, _seconds(arguments, 2))]
        case "buzzer":
            return [_buzzer(_whole(arguments, "times", 1, 20), 2)]
        case "text":
            return [_text(arguments)]
    en = f"a reader takes no command {action!r}; it takes: {', '.join(ACTIONS)}"
    raise CommandFailed(Words("读卡器不支持这个指令", en))


def _led(color: str, seconds: int) -> OsdpCommand:
    """For a while, then what it showed before."""
    return {
        "command": Command.LED,
        "reader": 0,
        "led_number": 0,
        "temporary": True,
        "control_code": 2,
        "on_count": 1,
        "off_count": 0,
        "on_color": COLOURS[color],
        "off_color": COLOURS[color],
        "timer_count": seconds * 10,
    }


def _buzzer(times: int, tenths: int) -> OsdpCommand:
    return {
        "command": Command.Buzzer,
        "reader": 0,
        "control_code": 2,
        "on_count": tenths,
        "off_count": tenths,
        "rep_count": times,
    }


def _text(arguments: Json) -> OsdpCommand:
    text = arguments.get("text")
    if not isinstance(text, str) or not 1 <= len(text) <= MAX_TEXT or not (text.isascii() and text.isprintable()):
        en = f"text needs text: 1 to {MAX_TEXT} letters of ASCII, which is all that readers show"
        raise CommandFailed(Words(f"读卡器只能显示1到{MAX_TEXT}个英文字母或数字", en))
    return {
        "command": Command.Text,
        "reader": 0,
        "control_code": 3,
        "temp_time": _seconds(arguments, 5),
        "offset_row": 1,
        "offset_col": 1,
        "data": text,
    }


def _seconds(arguments: Json, usual: int) -> int:
    return _whole(arguments, "seconds", usual, MAX_SECONDS)


def _whole(arguments: Json, name: str, usual: int, most: int) -> int:
    given = arguments.get(name, usual)
    if not isinstance(given, int) or isinstance(given, bool) or not 1 <= given <= most:
        zh = {"seconds": "秒数", "times": "次数"}.get(name, name)
        raise CommandFailed(
            Words(f"{zh}应为1到{most}", f"{name} is a whole number from 1 to {most}, and got {given!r}")
        )
    return given
