"""Commands in other people's formats: what is said where, and what shows that it was done. No I/O."""

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


_SHOWN = 64
"""Characters of a value that are told."""
_NAMED = re.compile(r"\{(\w+)\}")
Topic = Annotated[str, AfterValidator(_check_topic)]


class MappedCommand(BaseModel):
    """One command: what is said where, and what shows that it was done. `{name}` stands for an argument.

    `{base}` is the device's own topic, in the payload too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: Topic
    payload: str
    takes: Annotated[tuple[str, ...], Field(description="names of its arguments")] = ()
    confirm: Annotated[ValueMatch, Field(description="of and is of the device's answer; without one nothing is sure")]

    def filled(self, arguments: Json, base: str) -> bytes:
        """Raises CommandFailed when an argument is missing."""
        for name in self.takes:
            if name not in arguments:
                raise CommandFailed(Words(f"缺少参数 {name}", f"argument {name} is missing"))
        values = {"base": base, **{name: arguments[name] for name in self.takes}}
        text = _NAMED.sub(lambda at: _written(at[1], values[at[1]]) if at[1] in values else at[0], self.payload)
        return text.encode()


def as_json(name: str, value: object) -> str:
    """An argument as JSON. Raises CommandFailed for what a device can't be sent: no number, half a character."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, TypeError, RecursionError):
        shown = type(value).__name__ if isinstance(value, dict | list) else ascii(value)[:_SHOWN]
        zh, en = f"参数 {name} 的值不能用：{shown}", f"argument {name} can't be sent: {shown}"
        raise CommandFailed(Words(zh, en)) from None
    return text


def _written(name: str, value: object) -> str:
    """As JSON has it, a string without its quotes: they stand in the template."""
    text = as_json(name, value)
    return text[1:-1] if isinstance(value, str) else text
