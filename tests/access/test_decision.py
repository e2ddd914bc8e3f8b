"""The contract of a decision at a door."""

from __future__ import annotations

import pytest

from gateway.access import AccessDecision, DenialReason
from gateway.model import Words

WORDS = Words("未登记", "not registered")


def test_a_decision_is_granted_or_has_a_reason():
    assert AccessDecision(True, Words("请进", "come in"), person="p1").reason is None
    assert AccessDecision(False, WORDS, DenialReason.UNKNOWN).reason == "unknown"
    for granted, reason in ((True, DenialReason.EXPIRED), (False, None)):
        with pytest.raises(ValueError, match="granted without a reason, or denied with one"):
            AccessDecision(granted, WORDS, reason)
