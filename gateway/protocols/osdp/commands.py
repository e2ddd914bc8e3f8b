"""LED, buzzer and text commands, as libosdp takes them (SIA OSDP 2.2: osdp_LED, osdp_BUZ, osdp_TEXT).

Times on the wire are tenths of a second in one byte; an LED's timer has two bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from osdp import Capability, CommandLEDColor
from osdp import Command as CommandCode

from gateway.errors import CommandFailed
from gateway.model import Command, Json, Words
from gateway.protocols.osdp.session import OsdpSession

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
    CommandCode.LED: Capability.LEDControl,
    CommandCode.Buzzer: Capability.AudibleControl,
    CommandCode.Text: Capability.TextOutput,
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


async def perform(session: OsdpSession, command: Command) -> None:
    """Send an action's commands; return once the reader has accepted them. Raises CommandFailed if it does not."""
    requested = build_commands(command.action, command.arguments)
    if not session.up:
        raise CommandFailed(Words("读卡器无应答", f"{command.device} does not answer"))
    # `grant` lights an LED and sounds the buzzer: a reader that has only one of them does that.
    supported = [each for each in requested if session.has_capability(REQUIRED_CAPABILITIES[each["command"]])]
    if not supported:
        en = f"{command.device} has nothing for {command.action}: no such LED, buzzer or display"
        raise CommandFailed(Words("读卡器没有这种灯、蜂鸣器或显示屏", en))
    try:
        async with asyncio.timeout(command.limit.total_seconds()):
            accepted = await asyncio.gather(*[_submit(session, command.device, each) for each in supported])
    except TimeoutError:
        raise CommandFailed(Words("读卡器无应答", f"{command.device} did not answer {command.action}")) from None
    if not all(accepted):
        en = f"{command.device} refused {command.action}, or was lost before it answered"
        raise CommandFailed(Words("读卡器拒绝执行，或应答前断线", en))


async def _submit(session: OsdpSession, device: str, command: OsdpCommand) -> bool:
    """Return True if the reader accepted the command."""
    accepted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    # A timeout cancels the future, and the reader may still reply after it.
    if not session.submit(command, lambda ok: None if accepted.done() else accepted.set_result(ok)):
        raise CommandFailed(Words("读卡器正忙或已断线", f"{device} has too much to do already, or was lost"))
    return await accepted


def _led(color: str, seconds: int) -> OsdpCommand:
    """Set the LED for a time, after which the reader restores its previous state."""
    return {
        "command": CommandCode.LED,
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
        "command": CommandCode.Buzzer,
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
        "command": CommandCode.Text,
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
