"""Errors of a request: an HTTP status, a code for programs and a sentence for people in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from pydantic import ValidationError

from gateway.access.remote_opening import OpeningRefused
from gateway.desk.lifecycle import InvalidStep
from gateway.errors import NotRecorded, Refused, TooMany, WrongPassword
from gateway.model import Words
from gateway.people.household_room import ChangeRefused
from gateway.plan.edit import PlanRefused
from gateway.store.vault import VaultError

_CODES: Mapping[int, tuple[str, str]] = {
    400: ("bad_request", "请求不正确"),
    401: ("not_signed_in", "请先登录"),
    403: ("not_allowed", "您的角色不能做这件事"),
    404: ("not_found", "没有找到"),
    405: ("method_not_allowed", "这个地址不接受这种请求"),
    408: ("too_slow", "请求内容没有及时送达"),
    409: ("conflict", "当前状态不允许"),
    413: ("too_large", "内容太大"),
    415: ("wrong_type", "请求内容必须是未压缩的 application/json"),
    429: ("too_many", "请求太频繁，请稍后再试"),
    500: ("internal", "网关内部出错，已记录"),
    503: ("not_recorded", "存储故障，没有保存成功"),
}
_VALIDATION_MESSAGES: Mapping[str, Words] = {
    "missing": Words("缺少", "is missing"),
    "extra_forbidden": Words("不认识这个字段", "is not known here"),
    "string_too_long": Words("太长", "is too long"),
    "string_too_short": Words("不能为空", "must not be empty"),
    "json_invalid": Words("不是有效的 JSON", "is not valid JSON"),
}
"""By pydantic's error type. Other types keep pydantic's English message."""


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """An error as it is sent: `{"error": {"code", "message"}}`, with the message in the client's language."""

    status: int
    code: str
    words: Words
    headers: Mapping[str, str] = field(default_factory=dict)


class ApiError(Refused):
    """A request that a handler rejects with its own status and words. `code` defaults to that of the status."""

    def __init__(
        self, status: int, words: Words, code: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(words.en)
        self.response = ErrorResponse(status, code or _CODES[status][0], words, headers or {})
        self.status = status


def not_signed_in() -> ApiError:
    """401: the request carries no valid session or token."""
    return ApiError(401, Words("请先登录", "Sign in first"))


def not_allowed() -> ApiError:
    """403: the route is not for the client's role."""
    return ApiError(403, Words("您的角色不能做这件事", "Your role may not do this"))


def not_found(what: Words) -> ApiError:
    """404. `what` completes the sentence "There is no such …"."""
    return ApiError(404, Words(f"没有找到{what.zh}", f"There is no such {what.en}"))


@contextmanager
def key_needed() -> Iterator[None]:
    """503 while the key is missing that sealed values are read and written with."""
    try:
        yield
    except VaultError as error:
        raise ApiError(503, Words.of(error.why), "no_key") from error


def error_for_status(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> ErrorResponse:
    """The response for a bare HTTP status. `sentence` is English; the Chinese comes from the table of statuses."""
    code, zh = _CODES.get(status, _CODES[400 if status < 500 else 500])
    return ErrorResponse(status, code, Words(zh, sentence), headers or {})


def error_for_exception(  # noqa: PLR0911  # one return per kind of exception
    error: Refused | NotRecorded | VaultError | ValidationError,
) -> ErrorResponse:
    """The response for an expected exception."""
    match error:
        case ApiError():
            return error.response
        case TooMany():
            wait = max(1, int(error.retry_after + 0.999))  # Retry-After takes whole seconds
            words = Words(f"尝试太频繁，请 {wait} 秒后再试", f"Too many attempts, try again in {wait} s")
            return ErrorResponse(429, "too_many", words, {"Retry-After": str(wait)})
        case WrongPassword():
            words = Words("用户名或密码不正确", "The user name or the password is wrong")
            return ErrorResponse(401, "wrong_password", words)
        case ValidationError():
            return ErrorResponse(400, "bad_request", _validation_words(error))
        case InvalidStep():
            return ErrorResponse(400, "bad_request", Words(f"{error.field}:{error.reason.zh}", str(error)))
        case PlanRefused() | ChangeRefused():
            return ErrorResponse(error.status, error.code, error.words)
        case OpeningRefused():
            return ErrorResponse(error.status, "door_refused", error.words)
        case VaultError():
            return ErrorResponse(503, "no_key", Words.of(error.why))
        case NotRecorded():
            words = Words("存储故障，没有保存，请稍后再试", "Storage failure; nothing was saved, try again")
            return ErrorResponse(503, "not_recorded", words)
        case _:
            code, zh = _CODES.get(error.status, _CODES[400])
            return ErrorResponse(error.status, code, Words(f"{zh}:{error}", str(error)))


def _validation_words(error: ValidationError) -> Words:
    """The fields and what is wrong with each. Never contains a value: it may be a password."""
    faults = [
        (
            ".".join(map(str, fault["loc"])) or "body",
            _VALIDATION_MESSAGES.get(fault["type"], Words("不正确", fault["msg"])),
        )
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return Words(";".join(f"{name}:{words.zh}" for name, words in faults), "; ".join(f"{n} {w.en}" for n, w in faults))
