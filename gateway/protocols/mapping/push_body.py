"""Reads the body of one POST: documents to be mapped, each with the picture that came with it. No I/O."""

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
"""XML documents one after the other in one body."""


@dataclass(slots=True)
class PushDocument:
    """One tree, and the JPEG that came with it: the largest of several, which is the whole scene."""

    tree: Tree
    picture: bytes | None = None

    def add_picture(self, picture: bytes) -> None:
        """Keep the picture if it is larger than the one before."""
        if self.picture is None or len(picture) > len(self.picture):
            self.picture = picture


@dataclass(frozen=True, slots=True)
class PushBody:
    """What was read. `errors` explains the parts that could not be read beside those that could."""

    documents: list[PushDocument]
    errors: tuple[Words, ...] = ()


def read_push_body(body: bytes, form: Format | None, content_type: str = "") -> PushBody:
    """`form` None: as its type or its first bytes say. Raises BadInput where nothing of it can be read."""
    if is_multipart(content_type, body):
        return _read_parts(parts_of(body, content_type), form, body)
    return PushBody([PushDocument(tree) for tree in _trees(body, form, content_type)])


def _trees(body: bytes, form: Format | None, content_type: str) -> list[Tree]:
    # Dahua's format has no content type of its own: it comes as text/plain, or without any.
    if form is None and len(body) <= MAX_FORM_BYTES and is_dahua(body):
        return list(events_of(body))
    form = form or detect_format(content_type, body)
    if form == "xml" and body.count(b"<?xml") in range(2, MAX_DOCUMENTS + 1):
        return [read_tree(one, form, content_type) for one in re.split(rb"(?=<\?xml\b)", body) if one.strip(BLANK)]
    return [read_tree(body, form, content_type)]


def _read_parts(parts: list[BodyPart], form: Format | None, body: bytes) -> PushBody:
    documents: list[PushDocument] = []
    early_pictures: list[bytes] = []
    fields: dict[str, Tree] = {}
    errors: list[BadInput] = []
    for part in parts:
        if part.kind.startswith("image/") or part.data.startswith(JPEG):
            if part.data.startswith(JPEG):  # else a PNG icon or the like
                _add_picture(part.data, documents, early_pictures)
        elif _is_field(part):
            fields[part.name] = text_of(part.data).strip()
        elif part.data.strip(BLANK):
            try:
                documents += [PushDocument(tree) for tree in _trees(part.data, form, part.kind)]
            except BadInput as error:
                errors.append(error)
    if fields and not documents:  # beside a document, fields are its metadata and no event
        documents.append(PushDocument(fields))
    if not documents:
        raise BadInput(errors[0].why if errors else Words("没有可读的事件", "it holds no event that can be read"), body)
    for picture in early_pictures:
        documents[0].add_picture(picture)
    return PushBody(documents, tuple(Words.of(error.why) for error in errors))


def _add_picture(picture: bytes, documents: list[PushDocument], early_pictures: list[bytes]) -> None:
    """A picture belongs to the document before it, or if it comes first, to the first one."""
    if documents:
        documents[-1].add_picture(picture)
    else:
        early_pictures.append(picture)


def _is_field(part: BodyPart) -> bool:
    """Whether it is a plain form field, as browsers send it."""
    return (
        bool(part.name)
        and part.kind in {"", "text/plain"}
        and part.data.lstrip(BLANK)[:1] not in {b"{", b"[", b"<"}
        and not is_dahua(part.data)
    )
