"""Letters to residents who have no number in the register: a QR code that signs one person in, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gateway.model import Person
from gateway.residents.keys import issue_key
from gateway.store import Store

_BY = "anju residents letter"


@dataclass(frozen=True, slots=True)
class Letter:
    """One sheet, folded so that the code is inside."""

    name: str
    room: str
    code: Markup
    until: str


@dataclass(frozen=True, slots=True)
class LetterHead:
    """What stands on every letter. `valid` is how long the codes sign in."""

    compound: str
    phone: str
    public_url: str
    valid: timedelta


async def write_letters(store: Store, people: Sequence[Person], room: str, head: LetterHead, now: datetime) -> str:
    """The HTML document with a page for each of these people. Earlier letters of theirs are void from now on."""
    letters = []
    for person in people:
        issue = partial(issue_key, vault=store.vault, person=person.id, way="letter", by=_BY, now=now)
        token = await store.write(partial(issue, expires_at=now + head.valid))
        svg = segno.make_qr(f"{head.public_url}/r/key/{token}", error="q").svg_inline(border=4, omitsize=True)
        code = Markup(svg)  # noqa: S704  # segno's own drawing
        letters.append(Letter(person.name, room, code, f"{now + head.valid:%Y-%m-%d}"))
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return templates.get_template("letters.html").render(letters=letters, head=head)
