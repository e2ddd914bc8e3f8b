"""A message for the outbox, as whoever has something to tell writes it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gateway.config.desk.notifiers import Personal
from gateway.model import Severity, Words
from gateway.store.columns import from_json, to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`id` is made from what caused it, so that telling it again adds nothing: `<incident>/<step>`, `report/<day>`.

    `personal` are further lines that name a room or a person. A notifier tells those that the YAML allows it; the
    others are not even stored. `of_incident`: the notifier's choice of severities applies; a report always goes out.
    """

    id: str
    notifier: str
    severity: Severity
    title: Words
    text: Words
    personal: Mapping[Personal, Words] = field(default_factory=dict)
    recipients: Sequence[str] = ()
    link: str | None = None
    of_incident: bool = True
    count: int = 1
    """How many messages it tells of: more than one for a digest."""

    def allowed(self, may_name: Collection[Personal]) -> Message:
        """Without the personal lines that may not leave the compound; the others are part of the text."""
        lines = [self.text, *(words for kind, words in self.personal.items() if kind in may_name)]
        text = Words("\n".join(line.zh for line in lines), "\n".join(line.en for line in lines))
        return replace(self, text=text, personal={})

    def each_alone(self) -> list[Message]:
        """One message for each recipient."""
        return [replace(self, recipients=(recipient,)) for recipient in dict.fromkeys(self.recipients)]

    def row_id(self) -> str:
        """The id of its row and of its notification: the same for the same id, notifier and recipients."""
        cause = "\n".join((self.notifier, self.id, *self.recipients))
        return f"n-{hashlib.blake2b(cause.encode(), digest_size=12).hexdigest()}"

    def body(self) -> str:
        """What is stored of it beside the row's columns."""
        return to_json(
            {
                "title": {"zh": self.title.zh, "en": self.title.en},
                "text": {"zh": self.text.zh, "en": self.text.en},
                "recipients": list(self.recipients),
                "link": self.link,
                "count": self.count,
            }
        )


@dataclass(frozen=True, slots=True)
class Body:
    """A stored body."""

    title: Words
    text: Words
    recipients: tuple[str, ...]
    link: str | None
    count: int

    @classmethod
    def read(cls, text: str) -> Body:
        """The reverse of `Message.body`."""
        data = from_json(text)
        return cls(
            Words(**data["title"]), Words(**data["text"]), tuple(data["recipients"]), data["link"], data["count"]
        )
