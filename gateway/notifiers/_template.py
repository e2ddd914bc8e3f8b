"""A request described in the YAML: `{{text}}` and the like stand for what is to be said."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

import jmespath
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from gateway.notifier import Notification
from gateway.settings.addresses import HttpAddress
from gateway.settings.context import Context
from gateway.settings.mend import Wrong, did_you_mean
from gateway.settings.secrets import SecretText

FIELDS = frozenset({"recipient", "title", "text", "message", "link", "id", "severity"})
_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_SECRET_NAME = re.compile(r"(?i)auth|key|token|secret|sign|passw|cookie")
_MIN_SECRET = 6
_PARTS = re.compile(r"[\s/?&=:,;]+")
Method = Literal["GET", "POST", "PUT"]


def values_of(notification: Notification) -> dict[str, str]:
    """The values of the placeholders."""
    return {
        "recipient": notification.recipients[0] if notification.recipients else "",
        "title": notification.said_title(),
        "text": notification.said_text(),
        "message": notification.said(),
        "link": notification.link or "",
        "id": notification.id,
        "severity": notification.severity.word,
    }


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda found: values[found[1]], text)


def fill(tree: Any, values: Mapping[str, str]) -> Any:
    """The tree with every placeholder in its texts replaced. Values are data: they never become structure."""
    match tree:
        case str():
            return _filled(tree, values)
        case dict():
            return {key: fill(each, values) for key, each in tree.items()}
        case list() | tuple():
            return [fill(each, values) for each in tree]
    return tree


def _texts(tree: Any) -> list[str]:
    match tree:
        case str():
            return [tree]
        case dict():
            return [text for each in tree.values() for text in _texts(each)]
        case list() | tuple():
            return [text for each in tree for text in _texts(each)]
    return []


def _path(value: str) -> str:
    try:
        jmespath.compile(value)
    except jmespath.exceptions.JMESPathError as error:
        raise Wrong(
            f"{value!r} is no JMESPath ({str(error).splitlines()[0]})", "write such as code or data.code"
        ) from None
    return value


JsonPath = Annotated[str, AfterValidator(_path)]


class Success(BaseModel):
    """When an answer means that the message was taken. A 2xx alone says nothing with most gateways."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    field: Annotated[JsonPath, Field(description="where the answer's code stands (JMESPath), such as code")]
    equals: Annotated[tuple[str | int | bool, ...], Field(min_length=1, description="codes that mean success")]
    busy: Annotated[tuple[str | int, ...], Field(description="codes that mean: later again")] = ()
    login: Annotated[tuple[str | int, ...], Field(description="codes that mean: our account is refused")] = ()
    reason: Annotated[JsonPath | None, Field(description="where the answer says why, such as msg")] = None
    reference: Annotated[JsonPath | None, Field(description="where the gateway's id of the message stands")] = None


class RequestTemplate(BaseModel):
    """A request. `json` or `form` is its body; without either it has none."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
    url: Annotated[HttpAddress, Field(description="may hold {{recipient}} and the like; as !secret with a token in it")]
    method: Annotated[Method, Field(description="of HTTP")] = "POST"
    headers: Annotated[dict[str, str], Field(description="names and values")] = Field(default_factory=dict)
    query: Annotated[dict[str, str], Field(description="arguments of the address")] = Field(default_factory=dict)
    body_json: Annotated[Any, Field(alias="json", description="the body as JSON, written as YAML")] = None
    form: Annotated[dict[str, str] | None, Field(description="the body as a form")] = None
    success: Success

    @model_validator(mode="after")
    def _is_right(self) -> RequestTemplate:
        if self.body_json is not None and self.form is not None:
            raise Wrong("both json and form are given", "write one of them", ("form",))
        for text in _texts([self.url, self.headers, self.query, self.body_json, self.form]):
            for name in _PLACE.findall(text):
                if name not in FIELDS:
                    raise Wrong(f"nothing is called {{{{{name}}}}}", did_you_mean(name, FIELDS))
        return self

    @model_validator(mode="before")
    @classmethod
    def _holds_no_plain_secret(cls, data: Any, info: ValidationInfo) -> Any:
        # Before: validation turns what came from !secret into a plain text, and the difference is lost.
        if isinstance(data, dict) and isinstance(info.context, Context) and not info.context.plain_secrets:
            for part in ("headers", "query", "form", "json"):
                _check_plain(data.get(part), (part,))
        return data

    def build(self, values: Mapping[str, str]) -> tuple[str, dict[str, str], bytes | None]:
        """Address, headers and body."""
        url = _filled(self.url, {name: quote(value, safe="") for name, value in values.items()})
        if self.query:
            url += ("&" if "?" in url else "?") + urlencode(fill(self.query, values))
        # A line end in a header would begin another one.
        headers = {name: " ".join(_filled(value, values).split()) for name, value in self.headers.items()}
        body = None
        if self.body_json is not None:
            headers.setdefault("Content-Type", "application/json; charset=utf-8")
            body = json.dumps(fill(self.body_json, values), ensure_ascii=False).encode()
        elif self.form is not None:
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
            body = urlencode(fill(self.form, values)).encode()
        return url, headers, body

    def secrets(self) -> set[str]:
        """Texts of ours that no error may quote: every fixed text of the request, since any may be a key."""
        texts = _texts([self.url, self.headers, self.query, self.body_json, self.form])
        fixed = [text for text in texts if not _PLACE.search(text)]
        parts = [part for text in [*fixed, self.url] for part in _PARTS.split(text)]
        return {text for text in (*fixed, *parts) if len(text) >= _MIN_SECRET}


def _check_plain(tree: Any, loc: tuple[str | int, ...] = ()) -> None:
    """Refuse a key or token in plain text, by its name."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, value in items:
        if isinstance(value, str):
            secret = isinstance(name, str) and _SECRET_NAME.search(name)
            if secret and not isinstance(value, SecretText) and not _PLACE.search(value):
                what, fix = f"{name!r} is in plain text", "move it to secrets.yaml and write '!secret NAME'"
                raise Wrong(what, fix, (*loc, name))
        else:
            _check_plain(value, (*loc, name))
