"""LED, buzzer and text commands, as libosdp takes them (SIA OSDP 2.2: osdp_LED, osdp_BUZ, osdp_TEXT).

Times on the wire are tenths of a second in one byte; an LED's timer has two bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from osdp import Capability, Command, CommandLEDColor

from gateway.errors import CommandFailed
from gateway.model import Json, Words

OsdpCommand = Mapping[str, Any]
"""A command as libosdp takes it."""
COLOURS = {
    "red": CommandLEDColor.Red,
    "green": CommandLEDColor.Green,
    "amber": CommandLEDColor.Amber,
    "blue": CommandLEDColor.Blue,
    "off": CommandLEDColor.Black,
}
REQUIRED_CAPABILITIES = {
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
"""Longest duration of a light or a text: libosdp has one byte for tenths of a second."""
MAX_TEXT = 32
"""Characters of a text."""


def build_commands(action: str, arguments: Json) -> Sequence[OsdpCommand]:
    """Return the reader commands of an action. Raises CommandFailed for an invalid argument."""
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
            return [_buzzer(_integer(arguments, "times", 1, 20), 2)]
        case "text":
            return [_text(arguments)]
    en = f"a reader takes no command {action!r}; it takes: {', '.join(ACTIONS)}"
    raise CommandFailed(Words("读卡器不支持这个指令", en))


def _led(color: str, seconds: int) -> OsdpCommand:
    """Set the LED for a time, after which the reader restores its previous state."""
    return {
        "command": Command.LED,
        "reader": 0,
        "led_number": 0,
        "temporary": True,
        "control_code": 2,  # set the temporary state and start its timer
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
        "control_code": 2,  # the default tone
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
        "control_code": 3,  # temporary, without wrapping
        "temp_time": _seconds(arguments, 5),
        "offset_row": 1,
        "offset_col": 1,
        "data": text,
    }


def _seconds(arguments: Json, default: int) -> int:
    return _integer(arguments, "seconds", default, MAX_SECONDS)


def _integer(arguments: Json, name: str, default: int, maximum: int) -> int:
    given = arguments.get(name, default)
    if not isinstance(given, int) or isinstance(given, bool) or not 1 <= given <= maximum:
        zh = {"seconds": "秒数", "times": "次数"}.get(name, name)
        raise CommandFailed(
            Words(f"{zh}应为1到{maximum}", f"{name} is a whole number from 1 to {maximum}, and got {given!r}")
        )
    return given
