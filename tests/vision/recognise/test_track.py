from __future__ import annotations

from collections.abc import Hashable, Sequence

from gateway.vision.recognise.track import Decided, Tracks


class Words:
    """Looks are words; those with the same first letter are one thing, two alike decide."""

    def worth(self, item: str) -> float:
        return len(item)

    def same(self, looks: Sequence[str], item: str) -> bool:
        return looks[-1][0] == item[0]

    def decide(self, looks: Sequence[str], *, over: bool) -> str | None:
        alike = [look for look in looks if look == looks[-1]]
        return looks[-1] if len(alike) > 1 or over else None

    def name(self, verdict: str) -> Hashable:
        return None if verdict.startswith("stranger") else verdict


Track = Tracks[str, str, str]


def told(decided: list[Decided[str, str, str]]) -> list[str]:
    return [one.verdict for one in decided]


def test_one_pass_gives_one_verdict_with_the_best_view() -> None:
    tracks: Track = Tracks(Words())
    assert tracks.see(0.0, ["car"], "far") == []
    (decided,) = tracks.see(0.2, ["car"], "near")
    assert (decided.verdict, decided.view, decided.looks) == ("car", "far", 2)
    assert tracks.see(0.4, ["carriage"], "nearer") == []
    assert tracks.pass_time(60.0) == []


def test_the_view_is_that_of_the_look_worth_most() -> None:
    tracks: Track = Tracks(Words())
    tracks.see(0.0, ["c"], "far")
    tracks.see(0.2, ["carriage"], "near")
    (decided,) = tracks.pass_time(5.0)
    assert decided.view == "near"


def test_two_things_at_once_are_two_tracks() -> None:
    tracks: Track = Tracks(Words())
    tracks.see(0.0, ["car", "dog"], "a")
    assert told(tracks.see(0.2, ["car", "dog"], "b")) == ["car", "dog"]


def test_what_is_gone_is_decided_then() -> None:
    tracks: Track = Tracks(Words())
    tracks.see(0.0, ["car"], "a")
    assert tracks.pass_time(1.0) == []
    assert told(tracks.pass_time(2.0)) == ["car"]


def test_what_comes_back_in_a_moment_is_no_news_and_later_it_is() -> None:
    tracks: Track = Tracks(Words())
    tracks.see(0.0, ["car"], "a")
    assert told(tracks.see(0.2, ["car"], "a")) == ["car"]
    for time in (5.0, 5.2, 12.0, 12.2):
        assert tracks.see(time, ["car"], "a") == []
    tracks.see(30.0, ["car"], "a")
    assert told(tracks.see(30.2, ["car"], "a")) == ["car"]


def test_every_stranger_is_news() -> None:
    tracks: Track = Tracks(Words())
    for time in (0.0, 4.0):
        tracks.see(time, ["stranger"], "a")
        assert told(tracks.see(time + 0.2, ["stranger"], "a")) == ["stranger"]


def test_a_crowd_does_not_grow_the_memory() -> None:
    tracks: Track = Tracks(Words(), most=4, most_looks=3)
    for number in range(50):
        tracks.see(0.0, [f"{chr(65 + number)}{'x' * number}"], "a")
    tracks.see(0.1, ["zebra", "zebra", "zoo", "zone", "zest"], "a")
    assert len(tracks._tracks) == 4
    assert all(len(track.looks) <= 3 for track in tracks._tracks)


def test_the_end_decides_everything() -> None:
    tracks: Track = Tracks(Words())
    tracks.see(0.0, ["car"], "a")
    assert told(tracks.finish()) == ["car"]
