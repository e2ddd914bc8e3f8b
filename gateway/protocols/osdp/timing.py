"""How long is waited for what on an RS-485 line of OSDP readers, and what that makes of a card. All in seconds."""

from __future__ import annotations

MIN_POLL_S, MAX_POLL_S = 0.0515, 0.075
"""From an answer to the next question: libosdp allows no less than 50 ms, and every question costs some work."""
TARGET_CARD_S = 0.09
"""What a card shall take on the line at the worst; the record has some milliseconds after that."""
EARLY_POLL_S = 0.012
"""How much before its time a reader is asked when we are awake anyway: so turns come in a row, and we sleep once."""
REPLY_TIMEOUT_S = 0.2
"""How long a reader may think (SIA OSDP 2.2: the reply delay)."""
PROBE_TIMEOUT_S = 0.03
"""How long a lost one may think mostly: most answer within 3 ms, and an adapter on USB adds 16."""
LONG_PROBE_EVERY = 75
"""Every so many probes, which is half a minute, one waits ANSWER_S: for a reader that thinks longer."""
PROBE_INTERVAL_S = 0.4
"""How often a lost reader is asked: it is back within a second, its handshake counted."""
LOST_AFTER_S = 1.5
"""Of silence, and at least LOST_TRIES questions, after which a reader counts as lost."""
LOST_AFTER_POLLS = 3
REJECTED_RETRY_S = 5.0
"""How often a reader is tried whose sessions fail: its key is wrong, and trying harder does not mend it."""
IDLE_RETRY_S = 0.005
MAX_IDLE = 400
"""libosdp reads the wall clock: when that is put back it would wait as long. So one that says nothing is begun anew."""
ADAPTER_DELAY_S = 0.03
"""Between the pieces of an answer: adapters on USB hand over what they have every 16 ms."""
IDLE_CHARACTERS = 2
"""Of silence before a question, that whoever spoke last lets go of the line (SIA OSDP 2.2, its section on timing)."""
MIN_SLEEP_S = 0.0005
"""A pause that is over before the loop has come round anyway."""
POLL_CHARACTERS, CARD_CHARACTERS = 29, 30
"""Of a question and its answer by the secure channel (15 with the mark, and 14), and of one with a card of 88 bits."""
_TURN_S = 0.0035
"""A reader's time to think, and ours."""


def poll_interval(readers: int, baud: int) -> float:
    """Seconds from an answer to the next question: as long as a card may wait, to have less to do.

    Of several readers one may have to wait for another's turn to end.
    """
    poll, card = _poll(baud), _card(baud)
    return min(MAX_POLL_S, max(MIN_POLL_S, TARGET_CARD_S - card - poll * (2 if readers > 1 else 1)))


def worst_card_time(readers: int, baud: int) -> float:
    """Seconds that a card takes at the worst: its reader had just answered, and is asked again a round later."""
    poll = _poll(baud)
    return max(poll_interval(readers, baud) + poll, readers * poll) + _card(baud)


def wire_limit(readers: int, baud: int) -> float:
    """The same if nobody had to think and nothing waited but for the wire: below that no master comes."""
    return (readers * POLL_CHARACTERS + CARD_CHARACTERS) * 10 / baud


def _poll(baud: int) -> float:
    return POLL_CHARACTERS * 10 / baud + _TURN_S


def _card(baud: int) -> float:
    return CARD_CHARACTERS * 10 / baud
