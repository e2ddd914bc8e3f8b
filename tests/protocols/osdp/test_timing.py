"""How often readers are asked, and what that makes of a card."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from gateway.protocols.osdp.settings import BAUDS
from gateway.protocols.osdp.timing import MAX_POLL_S, MIN_POLL_S, poll_interval, wire_limit, worst_card_time


@pytest.mark.parametrize(("readers", "baud"), [(4, 19200), (8, 38400), (16, 115200)])
def test_card_latency_of_several_readers(readers: int, baud: int) -> None:
    for fewer in range(1, readers + 1):
        assert worst_card_time(fewer, baud) < 0.1


def test_polling_is_no_faster_than_the_wire_or_libosdp() -> None:
    for readers, baud in product((1, 2, 4, 8, 32), get_args(BAUDS)):
        assert worst_card_time(readers, baud) > wire_limit(readers, baud)
        assert MIN_POLL_S <= poll_interval(readers, baud) <= MAX_POLL_S


def test_the_slowest_card_comes_right_after_a_reply() -> None:
    """At 9600 baud: 51.5 ms until the reader is asked, 30 of question and answer, 31 of the card, 3.5 to think."""
    assert worst_card_time(1, 9600) == pytest.approx(0.1165, abs=0.0005)
    assert worst_card_time(8, 9600) > 0.25
