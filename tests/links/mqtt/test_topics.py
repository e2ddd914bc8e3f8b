from __future__ import annotations

import pytest

from gateway.links.mqtt.topics import covers, is_filter, is_topic, matches


@pytest.mark.parametrize(
    ("topic_filter", "topic"),
    [("a/b", "a/b"), ("a/+", "a/b"), ("a/+", "a/"), ("a/#", "a"), ("a/#", "a/b/c"), ("#", "a"), ("+/+", "/a")],
)
def test_matching(topic_filter: str, topic: str) -> None:
    assert matches(topic_filter, topic)


@pytest.mark.parametrize(
    ("topic_filter", "topic"),
    [("a/b", "a"), ("a", "a/b"), ("a/+", "a"), ("a/+", "a/b/c"), ("+", "/a"), ("#", "$SYS/a"), ("+/a", "$SYS/a")],
)
def test_not_matching(topic_filter: str, topic: str) -> None:
    assert not matches(topic_filter, topic)


@pytest.mark.parametrize(
    ("wide", "narrow", "is_within"),
    [
        ("a/#", "a/+/b", True),
        ("a/#", "a/#", True),
        ("a/+", "a/b", True),
        ("a/+", "a/+", True),
        ("a/+", "a/#", False),
        ("a/b", "a/+", False),
        ("a/+/c", "a/b", False),
        ("#", "#", True),
    ],
)
def test_one_filter_within_another(wide: str, narrow: str, is_within: bool) -> None:
    assert covers(wide, narrow) is is_within


def test_what_is_no_topic() -> None:
    assert not any(map(is_topic, ["", "a/+", "#", "a\0"]))
    assert not any(map(is_filter, ["", "a#", "a/#/b", "a+/b", "\0"]))
