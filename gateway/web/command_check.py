"""Whether a person may give a command as it was sent: the device takes it, it is confirmed, and it has its reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gateway.model import Words
from gateway.web.api_errors import ApiError
from gateway.web.desk_options import DeskOptions


def check_action(name: str, offered: Mapping[str, Collection[str]], action: str, arguments: Collection[str]) -> None:
    """Raises ApiError (400) when the device, called `name`, does not take the command or one of its arguments."""
    accepted = offered.get(action)
    if accepted is None:
        raise ApiError(400, Words(f"{name}不支持指令 {action}", f"{name} takes no command {action!r}"))
    if unknown := set(arguments) - set(accepted):
        names = ", ".join(sorted(unknown))
        raise ApiError(400, Words(f"指令 {action} 没有参数 {names}", f"{action} takes no argument {names}"))


def check_confirmed(options: DeskOptions, action: str, confirmed: bool | None, reason: str) -> None:
    """Raises ApiError (409, `not_confirmed` or `no_reason`) when desk.yaml wants more than was sent.

    A request that does not speak of a confirmation is from a program, which decided before it sent; `strict` refuses
    that too.
    """
    if action in options.confirm and (confirmed is False or (confirmed is None and options.strict)):
        zh, en = f"指令 {action} 需要再按一次确认", f"{action} needs a confirmation: send `confirmed: true`"
        raise ApiError(409, Words(zh, en), "not_confirmed")
    if action in options.reason and not reason.strip():
        raise ApiError(409, Words(f"指令 {action} 需要写明原因", f"{action} needs a `reason`"), "no_reason")
