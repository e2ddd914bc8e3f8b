"""Commands in other makers' formats: what is published where, and what confirms that it was done. No I/O."""

from __future__ import annotations

import json
import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateway.errors import CommandFailed
from gateway.links.mqtt.topics import is_filter
from gateway.model import Json, Words
from gateway.protocols.mapping.states import ValueMatch
from gateway.settings.mend import Wrong


def _check_topic(topic: str) -> str:
    if not is_filter(topic.replace("{base}", "x")):
        raise Wrong(f"{topic!r} is no topic", "write one like zigbee2mqtt/front_door; # only at the end")
    return topic


_MAX_SHOWN = 64
"""Characters of a value that an error shows."""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
Topic = Annotated[str, AfterValidator(_check_topic)]


class MappedCommand(BaseModel):
    """One command. `{name}` in the payload stands for an argument, `{base}` for the device's own topic."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: Topic
    payload: str
    takes: Annotated[tuple[str, ...], Field(description="names of its arguments")] = ()
    confirm: Annotated[
        ValueMatch,
        Field(description="of and is of the device's report that confirms it; a command is never done without"),
    ]

    def render(self, arguments: Json, base: str) -> bytes:
        """The payload with its placeholders filled in. Raises CommandFailed when an argument is missing."""
        for name in self.takes:
            if name not in arguments:
                raise CommandFailed(Words(f"缺少参数 {name}", f"argument {name} is missing"))
        values = {"base": base, **{name: arguments[name] for name in self.takes}}
        # In one pass: an argument that contains `{base}` is not expanded again. Unknown names are plain JSON braces.
        text = _PLACEHOLDER.sub(lambda at: _written(at[1], values[at[1]]) if at[1] in values else at[0], self.payload)
        return text.encode()


def as_json(name: str, value: object) -> str:
    """An argument as JSON. Raises CommandFailed for what a device can't be sent: NaN, a lone surrogate."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, TypeError, RecursionError):
        shown = type(value).__name__ if isinstance(value, dict | list) else ascii(value)[:_MAX_SHOWN]
        zh, en = f"参数 {name} 的值不能用：{shown}", f"argument {name} can't be sent: {shown}"
        raise CommandFailed(Words(zh, en)) from None
    return text


def _written(name: str, value: object) -> str:
    """As JSON, a string without its quotes: they are in the template."""
    text = as_json(name, value)
    return text[1:-1] if isinstance(value, str) else text
