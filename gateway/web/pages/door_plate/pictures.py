"""The compound's picture phrase (图语): three pictures on every true page, so that a false page is told by its lack.

It keeps away plates that were made for any compound. Somebody who copies one of our own pages copies the pictures too:
revoked and misplaced codes are what `gateway/door_plate/scan_watch.py` notices.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from gateway.model import Words
from gateway.store.vault import Vault, VaultError

PHRASE_LENGTH = 3


@dataclass(frozen=True, slots=True)
class Picture:
    """`shapes` is SVG in a box of 48 by 48, in the colour of the text."""

    name: Words
    shapes: Markup


PICTURES: Mapping[str, Picture] = {
    "pine": Picture(
        Words("松树", "pine"),
        Markup('<path d="M24 4l9 13h-5l8 11h-6l8 11H10l8-11h-6l8-11h-5z"/><path d="M21 39h6v6h-6z"/>'),
    ),
    "crane": Picture(
        Words("白鹤", "crane"),
        Markup(
            '<path fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" d="M9'
            ' 10c6-5 11 1 8 8s-2 9 4 9M24 34v11M30 33v12"/><path d="M18 24c8-4 20-1 26 9-9 3-22 4-27-2z"/>'
            '<path d="M10 8L2 12l8 2z"/>'
        ),
    ),
    "boat": Picture(
        Words("小船", "boat"), Markup('<path d="M5 33h38l-7 10H12z"/><path d="M22 4v26H8z"/><path d="M26 10v20h13z"/>')
    ),
    "bridge": Picture(
        Words("石桥", "bridge"),
        Markup('<path d="M2 24C12 12 36 12 46 24v14h-8c0-9-6-13-14-13s-14 4-14 13H2z"/><path d="M2 41h44v3H2z"/>'),
    ),
    "moon": Picture(Words("明月", "moon"), Markup('<path d="M31 4a20 20 0 1 0 13 28A17 17 0 0 1 31 4z"/>')),
    "lotus": Picture(
        Words("荷花", "lotus"),
        Markup(
            '<path d="M24 6c7 8 7 20 0 30-7-10-7-22 0-30z"/>'
            '<path d="M11 13c8 4 11 14 10 24C12 33 8 23 11 13z"/>'
            '<path d="M37 13c-8 4-11 14-10 24 9-4 13-14 10-24z"/>'
            '<path d="M3 25c8 0 14 5 17 13C11 39 5 34 3 25zM45 25c-8 0-14 5-17 13 9 1 15-4 17-13z"/>'
        ),
    ),
    "bamboo": Picture(
        Words("竹子", "bamboo"),
        Markup(
            '<path d="M14 3h7v12h-7zM14 17h7v12h-7zM14 31h7v14h-7z"/>'
            '<path d="M24 16c5-7 12-9 20-8-3 7-11 11-20 8zM24 30c5-7 11-8 18-7-2 6-9 10-18 7z"/>'
        ),
    ),
    "lantern": Picture(
        Words("灯笼", "lantern"),
        Markup(
            '<path d="M17 7h14v4H17zM17 33h14v4H17zM23 2h2v5h-2zM19 38h2v8h-2zM27 38h2v8h-2zM23'
            ' 38h2v9h-2z"/><ellipse cx="24" cy="22" rx="18" ry="11"/>'
        ),
    ),
    "kite": Picture(
        Words("风筝", "kite"),
        Markup(
            '<path d="M30 3l14 14-9 14-19-19z"/>'
            '<path fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" d="M24'
            ' 22c-2 8-10 5-10 12s-6 4-8 10"/>'
        ),
    ),
    "fish": Picture(
        Words("鲤鱼", "carp"),
        Markup(
            '<path fill-rule="evenodd" d="M3 24c6-10 20-14 30-3l11-9v24l-11-9C23 38 9 34 3 24zm10-4a3 3 0 1 0 .1 0z"/>'
        ),
    ),
    "mountain": Picture(Words("远山", "mountain"), Markup('<path d="M2 42L19 10l8 14 5-8 14 26z"/>')),
    "teapot": Picture(
        Words("茶壶", "teapot"),
        Markup(
            '<path d="M13 20h22c4 4 4 16-2 22H15c-6-6-6-18-2-22zM14 15h20v3H14zM22 9h4v4h-4z"/>'
            '<path d="M11 34L2 20l5-2 6 8z"/>'
            '<path fill="none" stroke="currentColor" stroke-width="4" d="M37 22c9-2 9 12-1 13"/>'
        ),
    ),
}
"""By the names that residents.yaml uses."""


def phrase(chosen: Sequence[str] | None, vault: Vault) -> list[Picture]:
    """The three pictures: those of residents.yaml, or ones that follow from the gateway's key."""
    if chosen is None:
        try:
            mac = vault.mac("picture phrase", b"")
        except VaultError:  # without a key no code can be checked either; the page is shown all the same
            mac = hashlib.sha256(b"").digest()
        left = sorted(PICTURES)
        chosen = [left.pop(byte % len(left)) for byte in mac[:PHRASE_LENGTH]]
    return [PICTURES[name] for name in chosen]
