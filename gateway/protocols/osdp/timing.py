"""Timeouts and intervals on an RS-485 line of OSDP readers, and the latency of a card that follows. In seconds."""

from __future__ import annotations

MIN_POLL_S, MAX_POLL_S = 0.0515, 0.075
"""From a reply to the next poll: libosdp allows no less than 50 ms, and every poll costs CPU time."""
TARGET_CARD_S = 0.09
"""Latency of a card on the line in the worst case; the commit takes some milliseconds after that."""
EARLY_POLL_S = 0.012
"""How early a reader is polled if the loop is awake anyway: polls then come in a row, with one sleep after them."""
REPLY_TIMEOUT_S = 0.2
"""Time that a reader may take to reply (SIA OSDP 2.2: the reply delay)."""
PROBE_TIMEOUT_S = 0.03
"""Time that a lost reader gets to reply: most reply within 3 ms, and a USB adapter adds 16 ms."""
LONG_PROBE_EVERY = 75
"""Every so many probes of a lost reader (half a minute), one waits REPLY_TIMEOUT_S: for a slow reader."""
PROBE_INTERVAL_S = 0.4
"""Interval of probes of a lost reader: it is back within a second, including its handshake."""
LOST_AFTER_S = 1.5
"""Silence, with at least LOST_AFTER_POLLS unanswered commands, after which a reader counts as lost."""
LOST_AFTER_POLLS = 3
REJECTED_RETRY_S = 5.0
"""Retry interval of a reader whose sessions fail: its key is wrong, and more attempts don't help."""
IDLE_RETRY_S = 0.005
"""Interval of asking libosdp again when it has nothing to send."""
MAX_IDLE = 400
"""Attempts after which a session is restarted: libosdp reads the wall clock and hangs when it is put back."""
ADAPTER_DELAY_S = 0.03
"""Gap within a reply: USB adapters deliver bytes every 16 ms."""
IDLE_CHARACTERS = 2
"""Silence before a command, in characters, so that the last sender releases the line (SIA OSDP 2.2, timing)."""
MIN_SLEEP_S = 0.0005
"""A shorter pause is over before the loop would wake up."""
POLL_CHARACTERS, CARD_CHARACTERS = 29, 30
"""Bytes of a poll and its reply over the secure channel (15 with the mark byte, and 14), and of a card of 88 bits."""
_PROCESSING_S = 0.0035
"""Time that the reader and we take to process a poll."""


def poll_interval(readers: int, baud: int) -> float:
    """Return the seconds from a reply to the next poll: as long as TARGET_CARD_S allows, to save CPU time.

    With several readers, one may have to wait until the poll of another has ended.
    """
    poll, card = _poll(baud), _card(baud)
    return min(MAX_POLL_S, max(MIN_POLL_S, TARGET_CARD_S - card - poll * (2 if readers > 1 else 1)))


def worst_card_time(readers: int, baud: int) -> float:
    """Return the worst latency of a card: its reader had just replied, and is polled again a round later."""
    poll = _poll(baud)
    return max(poll_interval(readers, baud) + poll, readers * poll) + _card(baud)


def wire_limit(readers: int, baud: int) -> float:
    """Return the same with no processing times at all: the limit that the line's speed sets to any master."""
    return (readers * POLL_CHARACTERS + CARD_CHARACTERS) * 10 / baud


def _poll(baud: int) -> float:
    return POLL_CHARACTERS * 10 / baud + _PROCESSING_S


def _card(baud: int) -> float:
    return CARD_CHARACTERS * 10 / baud
