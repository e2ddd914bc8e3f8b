"""What one POST holds: trees to be mapped, each with the picture that came with it. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.errors import BadInput
from gateway.model import Words
from gateway.protocols.json_text import text_of
from gateway.protocols.mapping.bodies import BLANK, MAX_FORM_BYTES, Format, Tree, detect_format, read_tree
from gateway.protocols.mapping.dahua import events_of, is_dahua
from gateway.protocols.mapping.multipart import BodyPart, is_multipart, parts_of

JPEG = b"\xff\xd8\xff"
MAX_DOCUMENTS = 32
"""Of XML, one behind the other."""


@dataclass(slots=True)
class Document:
    """One tree, and the JPEG that came with it: the largest of several, which shows the most."""

    tree: Tree
    picture: bytes | None = None

    def shows(self, picture: bytes) -> None:
        if self.picture is None or len(picture) > len(self.picture):
            self.picture = picture


@dataclass(frozen=True, slots=True)
class PushBody:
    """`left_out` says which parts could not be read beside those that could."""

    found: list[Document]
    left_out: tuple[Words, ...] = ()


def read_push_body(body: bytes, form: Format | None, content_type: str = "") -> PushBody:
    """`form` None: as its type or beginning says. Raises BadInput where nothing of it can be read."""
    if is_multipart(content_type, body):
        return _of_parts(parts_of(body, content_type), form, body)
    return PushBody([Document(tree) for tree in _trees(body, form, content_type)])


def _trees(body: bytes, form: Format | None, content_type: str) -> list[Tree]:
    if form is None and len(body) <= MAX_FORM_BYTES and is_dahua(body):
        return list(events_of(body))
    form = form or detect_format(content_type, body)
    if form == "xml" and body.count(b"<?xml") in range(2, MAX_DOCUMENTS + 1):
        return [read_tree(one, form, content_type) for one in re.split(rb"(?=<\?xml\b)", body) if one.strip(BLANK)]
    return [read_tree(body, form, content_type)]


def _of_parts(parts: list[BodyPart], form: Format | None, body: bytes) -> PushBody:
    found: list[Document] = []
    early: list[bytes] = []
    fields: dict[str, Tree] = {}
    wrong: list[BadInput] = []
    for part in parts:
        if part.kind.startswith("image/") or part.data.startswith(JPEG):
            if part.data.startswith(JPEG):
                _show(part.data, found, early)
        elif _is_field(part):
            fields[part.name] = text_of(part.data).strip()
        elif part.data.strip(BLANK):
            try:
                found += [Document(tree) for tree in _trees(part.data, form, part.kind)]
            except BadInput as error:
                wrong.append(error)
    if fields and not found:
        found.append(Document(fields))
    if not found:
        raise BadInput(wrong[0].why if wrong else Words("没有可读的事件", "it holds no event that can be read"), body)
    for picture in early:
        found[0].shows(picture)
    return PushBody(found, tuple(Words.of(error.why) for error in wrong))


def _show(picture: bytes, found: list[Document], early: list[bytes]) -> None:
    """A picture belongs to what stands before it, or if it comes first, to the first."""
    if found:
        found[-1].shows(picture)
    else:
        early.append(picture)


def _is_field(part: BodyPart) -> bool:
    """A field of a plain form, as browsers send it."""
    return (
        bool(part.name)
        and part.kind in {"", "text/plain"}
        and part.data.lstrip(BLANK)[:1] not in {b"{", b"[", b"<"}
        and not is_dahua(part.data)
    )
