"""Which signals are a credential at a door, and what their readers told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.access.request import PresentedCredential
from gateway.model import CredentialKind, Signal


def reading(signal: Signal) -> PresentedCredential | None:
    """The credential that the signal reports; None for a signal that reports none."""
    data = signal.data
    match signal.kind:
        case "credential.presented":
            texts = tuple(card_texts(data))
            return PresentedCredential(CredentialKind.CARD, texts[0], texts[1:]) if texts else None
        case "plate.read":
            return PresentedCredential(CredentialKind.PLATE, str(data["text"])) if data.get("text") else None
        case "pin.entered" if signal.secret:  # from the record it has none: PINs are not kept
            return PresentedCredential(CredentialKind.PIN, signal.secret)
        case "code.read" if signal.secret:
            return PresentedCredential(CredentialKind.PASS, signal.secret)
        case "face.matched":
            return PresentedCredential(CredentialKind.FACE, str(data["person"])) if data.get("person") else None
    return None


def card_texts(data: Mapping[str, Any]) -> Iterator[str]:
    """The ways in which the register may write a card: its number, `facility,number`, or its code in hex."""
    card = data.get("card")
    if isinstance(card, Mapping):
        number, facility = card.get("number"), card.get("facility")
        if number is not None:
            if facility is not None:
                yield f"{facility},{number}"
            yield str(number)
        if card.get("hex"):
            yield str(card["hex"])
    elif isinstance(card, str | int) and not isinstance(card, bool):
        yield str(card)
