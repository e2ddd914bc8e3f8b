"""Topic names and filters (4.7): whether they are well formed, and which filter matches which topic."""

from __future__ import annotations

MAX_TOPIC_BYTES = 65535
"""Bytes of UTF-8 that a topic may have [MQTT-4.7.3-3]."""


def is_topic(text: str) -> bool:
    """Whether a message may be published on `text`: not empty, no wildcard, no NUL [MQTT-3.3.2-2, 4.7.3-1, 4.7.3-2]."""
    return bool(text) and not any(letter in text for letter in "+#\0")


def is_filter(text: str) -> bool:
    """Whether a client may subscribe to `text`: `#` last and alone, `+` alone in its level [MQTT-4.7.1-2, 4.7.1-3]."""
    if not text or "\0" in text:
        return False
    levels = text.split("/")
    if any("#" in level for level in levels[:-1]):
        return False
    return all(level in ("+", "#") or not ("+" in level or "#" in level) for level in levels)


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a message on `topic` belongs to a subscription to `topic_filter`.

    `a/#` matches `a` itself; a wildcard in the first level matches no topic that begins with `$` [MQTT-4.7.2-1].
    """
    if topic.startswith("$") and topic_filter[:1] in ("+", "#"):
        return False
    return covers(topic_filter, topic)


def covers(wide: str, narrow: str) -> bool:
    """Whether every topic that the filter `narrow` matches is also matched by the filter `wide`."""
    wide_levels, narrow_levels = wide.split("/"), narrow.split("/")
    for depth, level in enumerate(wide_levels):
        if level == "#":
            return True
        if depth >= len(narrow_levels):
            return False
        if narrow_levels[depth] == "#" or level not in ("+", narrow_levels[depth]):
            return False
    return len(wide_levels) == len(narrow_levels)
