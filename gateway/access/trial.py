"""Tries a credential at a door without a gateway: `anju try access` and `anju access test`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.access import policy
from gateway.access.decision import AccessCode, AccessDecision
from gateway.access.loading import load_state
from gateway.access.request import AccessRequest, PassCode, PassCodes, PresentedCredential
from gateway.access.rules import AccessRules
from gateway.access.state import AccessState
from gateway.config.access.cases import split_credential
from gateway.config.configuration import Configuration
from gateway.model import CredentialKind, Register
from gateway.people.credential_digest import credential_digest
from gateway.people.number_plates import normalized_plate
from gateway.store import Store

CODES = ("granted", "denied", *(code.value for code in AccessCode))
"""What a case may expect."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Decides as the gateway would now, and changes nothing."""

    store: Store
    rules: AccessRules
    register: Register
    state: AccessState
    codes: PassCodes | None = None

    @classmethod
    async def open(
        cls,
        store: Store,
        configuration: Configuration,
        register: Register,
        now: datetime,
        codes: PassCodes | None = None,
    ) -> Trial:
        """With what is on record: who is inside a zone, how often a pass was used, what burns."""
        rules, state = AccessRules.of(configuration), AccessState()
        await load_state(store, rules, state, now, list(register.passes))
        return cls(store, rules, register, state, codes)

    def decide(self, credential: str, door: str, at: datetime, reader: str = "") -> AccessDecision:
        """What the door would answer. `credential` is `KIND:VALUE`; raises Wrong for another text."""
        kind, value = split_credential(credential)
        return policy.decide(self._request(kind, value, door, at, reader), self.register, self.rules, self.state)

    def _request(self, kind: str, value: str, door: str, at: datetime, reader: str) -> AccessRequest:
        digests: tuple[bytes, ...] = ()
        if kind in (CredentialKind.CARD, CredentialKind.PIN):
            digests = (credential_digest(self.store.vault, CredentialKind(kind), value),)
        code = None
        if kind == CredentialKind.PASS:
            # An id stands for a code that is right: codes change every half minute and can't be kept in a table.
            known = value in self.register.passes
            code = PassCode(value, -1) if known else self.codes.verify(value, at) if self.codes else None
        return AccessRequest(PresentedCredential(kind, value), door, at, reader, digests, code)


def shown(decision: AccessDecision, credential: str, door: str, at: datetime) -> dict[str, Any]:
    """The decision as JSON. Card numbers and PINs are not repeated."""
    kind, value = split_credential(credential)
    hidden = kind in (CredentialKind.CARD, CredentialKind.PIN, CredentialKind.PASS)
    return {
        "at": at.isoformat(),
        "door": door,
        "credential": kind,
        "value": None if hidden else normalized_plate(value) if kind == CredentialKind.PLATE else value,
        "granted": decision.granted,
        "code": str(decision.code),
        "reason": {"zh": decision.reason.zh, "en": decision.reason.en},
        "person": decision.person,
        "place": decision.place,
        "pass": decision.pass_id,
        "floors": list(decision.floors),
        "entry_delay_s": decision.entry_delay.total_seconds() if decision.entry_delay else None,
    }


def fits(decision: AccessDecision, expected: str) -> bool:
    """Whether the decision is what a case expects: `granted`, `denied`, or a code."""
    if expected in ("granted", "denied"):
        return decision.granted is (expected == "granted")
    return decision.code == expected
