"""How long is waited for what on an RS-485 line of OSDP readers, and what that makes of a card. All in seconds."""

from __future__ import annotations

LEAST_POLL_S, MOST_POLL_S = 0.0515, 0.075
"""From an answer to the next question: libosdp allows no less than 50 ms, and every question costs some work."""
AIM_S = 0.085
"""What a card shall take on the line; the record has some milliseconds after that."""
EARLY_S = 0.012
"""How much before its time a reader is asked when we are awake anyway: so turns come in a row, and we sleep once."""
ANSWER_S = 0.2
"""How long a reader may think (SIA OSDP 2.2: the reply delay)."""
PROBE_S = 0.03
"""How long a lost one may think mostly: most answer within 3 ms, and an adapter on USB adds 16."""
PATIENT_EVERY = 75
"""Every so many probes, which is half a minute, one waits ANSWER_S: for a reader that thinks longer."""
PROBE_EVERY_S = 0.4
"""How often a lost reader is asked: it is back within a second, its handshake counted."""
LOST_S = 1.5
"""Of silence, and at least LOST_TRIES questions, after which a reader counts as lost."""
LOST_TRIES = 3
REFUSED_S = 5.0
"""How often a reader is tried whose sessions fail: its key is wrong, and trying harder does not mend it."""
MUTE_S = 0.005
MUTE_TRIES = 400
"""libosdp reads the wall clock: when that is put back it would wait as long. So one that says nothing is begun anew."""
SLACK_S = 0.03
"""Between the pieces of an answer: adapters on USB hand over what they have every 16 ms."""
PAUSE_CHARACTERS = 2
"""Of silence before a question, that whoever spoke last lets go of the line (SIA OSDP 2.2, its section on timing)."""
SHORT_S = 0.0005
"""A pause that is over before the loop has come round anyway."""
_POLL_BYTES, _CARD_BYTES = 30, 47
"""Of a poll and its answer by the secure channel, and of one with a card of up to 88 bits in it."""
_TURN_S = 0.004
"""A reader's time to think, and ours."""


def pace(readers: int, baud: int) -> float:
    """Seconds from an answer to the next question: as long as a card may wait, to have less to do."""
    poll, card = ((size * 10 / baud + _TURN_S) for size in (_POLL_BYTES, _CARD_BYTES))
    return min(MOST_POLL_S, max(LEAST_POLL_S, AIM_S - card - (poll if readers > 1 else 0)))


def slowest_card(readers: int, baud: int) -> float:
    """Seconds that a card takes at the worst, having just missed its reader's turn."""
    poll, card = ((size * 10 / baud + _TURN_S) for size in (_POLL_BYTES, _CARD_BYTES))
    return max(pace(readers, baud) + (poll if readers > 1 else 0), (readers - 1) * poll) + card
