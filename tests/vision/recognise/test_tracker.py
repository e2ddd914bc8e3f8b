from __future__ import annotations

from collections.abc import Hashable, Sequence

from gateway.vision.recognise.tracker import RecognitionTracker, TrackResult


class Words:
    """Looks are words; those with the same first letter are one thing, two alike decide."""

    def quality(self, item: str) -> float:
        return len(item)

    def matches(self, looks: Sequence[str], item: str) -> bool:
        return looks[-1][0] == item[0]

    def decide(self, looks: Sequence[str], *, final: bool) -> str | None:
        alike = [look for look in looks if look == looks[-1]]
        return looks[-1] if len(alike) > 1 or final else None

    def identity(self, verdict: str) -> Hashable:
        return None if verdict.startswith("stranger") else verdict


Track = RecognitionTracker[str, str, str]


def reported(decided: list[TrackResult[str, str, str]]) -> list[str]:
    return [one.result for one in decided]


def test_one_pass_gives_one_verdict_with_the_best_view() -> None:
    tracks: Track = RecognitionTracker(Words())
    assert tracks.update(0.0, ["car"], "far") == []
    (decided,) = tracks.update(0.2, ["car"], "near")
    assert (decided.result, decided.view, decided.frames) == ("car", "far", 2)
    assert tracks.update(0.4, ["carriage"], "nearer") == []
    assert tracks.advance(60.0) == []


def test_the_view_is_that_of_the_look_worth_most() -> None:
    tracks: Track = RecognitionTracker(Words())
    tracks.update(0.0, ["c"], "far")
    tracks.update(0.2, ["carriage"], "near")
    (decided,) = tracks.advance(5.0)
    assert decided.view == "near"


def test_two_things_at_once_are_two_tracks() -> None:
    tracks: Track = RecognitionTracker(Words())
    tracks.update(0.0, ["car", "dog"], "a")
    assert reported(tracks.update(0.2, ["car", "dog"], "b")) == ["car", "dog"]


def test_what_is_gone_is_decided_then() -> None:
    tracks: Track = RecognitionTracker(Words())
    tracks.update(0.0, ["car"], "a")
    assert tracks.advance(1.0) == []
    assert reported(tracks.advance(2.0)) == ["car"]


def test_what_comes_back_in_a_moment_is_no_news_and_later_it_is() -> None:
    tracks: Track = RecognitionTracker(Words())
    tracks.update(0.0, ["car"], "a")
    assert reported(tracks.update(0.2, ["car"], "a")) == ["car"]
    for time in (5.0, 5.2, 12.0, 12.2):
        assert tracks.update(time, ["car"], "a") == []
    tracks.update(30.0, ["car"], "a")
    assert reported(tracks.update(30.2, ["car"], "a")) == ["car"]


def test_every_stranger_is_news() -> None:
    tracks: Track = RecognitionTracker(Words())
    for time in (0.0, 4.0):
        tracks.update(time, ["stranger"], "a")
        assert reported(tracks.update(time + 0.2, ["stranger"], "a")) == ["stranger"]


def test_a_crowd_does_not_grow_the_memory() -> None:
    tracks: Track = RecognitionTracker(Words(), max_tracks=4, max_items=3)
    for number in range(50):
        tracks.update(0.0, [f"{chr(65 + number)}{'x' * number}"], "a")
    tracks.update(0.1, ["zebra", "zebra", "zoo", "zone", "zest"], "a")
    assert len(tracks._tracks) == 4
    assert all(len(track.items) <= 3 for track in tracks._tracks)


def test_the_end_decides_everything() -> None:
    tracks: Track = RecognitionTracker(Words())
    tracks.update(0.0, ["car"], "a")
    assert reported(tracks.finish()) == ["car"]


def seen(tracks: Track, *looks: tuple[float, str, str]) -> list[tuple[float, str, str]]:
    """When each was told, what, and by which view."""
    return [
        (time, one.result, one.view)
        for time, word, view in looks
        for one in tracks.update(time, [word] if word else [], view)
    ]


class Sizes(Words):
    """A look is a letter and its size; two looks decide."""

    def quality(self, item: str) -> float:
        return float(item[1:])

    def decide(self, looks: Sequence[str], *, final: bool) -> str | None:
        return looks[-1][0] if len(looks) > 1 or final else None


class Late(Sizes):
    """Three looks decide."""

    def decide(self, looks: Sequence[str], *, final: bool) -> str | None:
        return looks[-1][0] if len(looks) > 2 or final else None


class TestWaitingForABetterView:
    def test_while_each_is_better_and_no_longer_than_it_may(self) -> None:
        tracks: Track = RecognitionTracker(Sizes(), max_wait=1.0)
        looks = [(number / 5, f"c{number}", f"view {number}") for number in range(20)]
        ((time, verdict, view),) = seen(tracks, *looks)
        assert (verdict, view) == ("c", "view 6")
        assert time == 1.2, "it was sure at 0.2"

    def test_until_two_are_no_better(self) -> None:
        tracks: Track = RecognitionTracker(Sizes(), max_wait=1.0)
        looks = (0.0, "c1", "far"), (0.2, "c2", "near"), (0.4, "c2", ""), (0.6, "c3", "nearer"), (0.8, "c3", "")
        assert seen(tracks, *looks, (1.0, "c3", "")) == [(1.0, "c", "nearer")]

    def test_not_at_all_where_the_last_were_worse_already(self) -> None:
        looks = (0.0, "c3", "near"), (0.2, "c2", ""), (0.4, "c1", "past")
        assert seen(RecognitionTracker(Late(), max_wait=1.0), *looks) == [(0.4, "c", "near")]

    def test_nor_longer_when_no_look_follows(self) -> None:
        tracks: Track = RecognitionTracker(Sizes(), max_wait=1.0)
        assert seen(tracks, (0.0, "c1", "far"), (0.2, "c2", "near"), (1.0, "", ""), (1.3, "", "")) == [
            (1.3, "c", "near")
        ]
        assert seen(tracks, (1.4, "c3", "later")) == []

    def test_what_comes_back_is_no_news_either_way(self) -> None:
        tracks: Track = RecognitionTracker(Sizes(), max_wait=1.0)
        assert len(seen(tracks, *[(number / 5, f"c{number}", "") for number in range(8)])) == 1
        assert seen(tracks, *[(5 + number / 5, f"c{number}", "") for number in range(8)]) == []

    def test_a_crowd_loses_no_verdict_that_waits(self) -> None:
        tracks: Track = RecognitionTracker(Sizes(), max_wait=1.0, max_tracks=2)
        assert reported(tracks.update(0.0, ["a1", "b1"], "") + tracks.update(0.2, ["a2", "b2"], "")) == []
        assert reported(tracks.update(0.4, ["c1", "d1"], "")) == ["a", "b"]
