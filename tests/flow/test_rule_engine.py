"""Rules fed, woken, broken and rebuilt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.flow.checkpoint import OnRecord, Progress
from gateway.flow.rule_engine import NewRules, RuleEngine
from gateway.model import Clear, Raise, Severity, Signal, Wake, WakeAt, Words
from gateway.rule import Compound, Rule

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
EMPTY = Compound("", {}, OnRecord())
WORDS = Words("门开着", "held")
HOLD = timedelta(seconds=30)


class Held(Rule):
    """A door that stays open: enough of a rule to see wake-ups at work."""

    KINDS = ("door.opened", "door.closed")

    def on(self, state, event):
        if isinstance(event, Wake):
            return (Raise(event.key, Severity.MEDIUM, "gate", WORDS),)
        if event.kind == "door.opened":
            if event.data.get("bad"):
                raise RuntimeError("a rule with a fault")
            return (WakeAt(event.device, event.time + HOLD),)
        return (WakeAt(event.device, None), Clear(event.device, WORDS))


@dataclass
class Book:
    number: int = 0

    def door(self, kind: str, seconds: float, device: str = "d1", **data) -> Signal:
        self.number += 1
        time = NOW + timedelta(seconds=seconds)
        return Signal(device=device, kind=f"door.{kind}", received=time, number=self.number, data=data)

    def journaled(self, wake: Wake) -> Wake:
        self.number += 1
        return Wake(wake.rule, wake.key, wake.time, self.number, wake.because)


def held(fingerprint: str = "f1", compound: Compound = EMPTY) -> tuple[Rule, str]:
    return Held("held", None, compound), fingerprint


def started(seen: int = 0, last: int = 0, fingerprint: str = "f1") -> RuleEngine:
    """Over a record where the rule, as it was under that fingerprint, had come to `seen`."""
    rules = RuleEngine()
    rules.switch(NewRules([held()], last), {}, OnRecord({"held": Progress(fingerprint, seen)}))
    return rules


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_a_wake_up_comes_when_it_is_due_and_raises():
    book = Book()
    rules = started()
    assert rules.feed(book.door("opened", 0)) == []
    assert rules.take_due(at(29)) == []
    [wake] = rules.take_due(at(31))
    [decided] = rules.feed(book.journaled(wake))
    assert isinstance(decided.decision, Raise)
    assert wake.because == 1, "the signal behind the alert is the one that asked for the wake-up"


def test_a_forgotten_wake_up_never_comes():
    book = Book()
    rules = started()
    rules.feed(book.door("opened", 0))
    rules.feed(book.door("closed", 5))
    assert rules.next_due() is None


def test_asking_again_moves_the_wake_up():
    book = Book()
    rules = started()
    rules.feed(book.door("opened", 0))
    rules.feed(book.door("opened", 20))
    assert rules.take_due(at(31)) == []
    assert len(rules.take_due(at(51))) == 1


def test_a_wake_up_that_was_moved_and_moved_back_comes_once():
    book, engine = Book(), RuleEngine()
    engine.switch(NewRules([(Held("held", None, EMPTY), "f")]), {}, OnRecord())
    for seconds in (0, -10, 0):
        engine.feed(book.door("opened", seconds))
    assert len(engine.take_due(NOW + HOLD)) == 1


def test_replay_drops_what_stands_and_counts_what_does_not():
    book = Book()
    opened, closed = book.door("opened", 0), book.door("closed", 5)
    assert [d.decision for d in started(seen=1, last=2).replay([opened, closed])] == [Clear("d1", WORDS)]
    assert started(seen=2, last=3).replay([opened, closed]) == []


def test_replay_rebuilds_the_wake_ups_that_have_not_fired():
    book = Book()
    first, second = book.door("opened", 0, "d1"), book.door("opened", 1, "d2")
    fired = book.journaled(Wake("held", "d1", at(30)))
    rules = started(seen=3, last=4)
    assert rules.replay([first, second, fired]) == []
    assert rules.take_due(at(60)) == [], "the row of one that came due may still be to come"
    rules.caught_up(4)
    assert [wake.key for wake in rules.take_due(at(60))] == ["d2"]


def test_a_rule_changed_while_it_was_stopped_decides_on_what_the_old_one_never_saw_and_on_nothing_else():
    book = Book()
    seen, missed = book.door("opened", 0, "d1"), book.door("opened", 1, "d2")
    rules = started(seen=1, last=3, fingerprint="another")
    assert rules.replay([seen, missed]) == []
    rules.caught_up(3)
    assert [wake.key for wake in rules.take_due(at(60))] == ["d2"]


def test_a_new_rule_starts_from_now():
    book = Book()
    opened = book.door("opened", 0)
    rules = RuleEngine()
    assert rules.switch(NewRules([held()], 2), {}, OnRecord()) is None, "there is nothing to be fed again"
    assert rules.replay([opened]) == []
    assert rules.next_due() is None


def test_an_unchanged_rule_goes_on_with_what_it_knows_and_hears_of_the_new_compound():
    book, compound = Book(), Compound("东苑", {}, OnRecord())
    rules = started()
    rules.feed(book.door("opened", 0))
    assert rules.switch(NewRules([held(compound=compound)], 2), {}, OnRecord()) is None
    assert rules.replay([book.door("opened", 1)]) == []
    assert rules.next_due() == at(30)
    rules.feed(book.door("closed", 5))
    assert rules.next_due() is None


def test_a_changed_rule_knows_nothing_of_what_the_old_one_saw_and_hears_none_of_its_wake_ups():
    book = Book()
    rules = started()
    rules.feed(book.door("opened", 0))
    [wake] = rules.take_due(at(31))
    assert rules.switch(NewRules([held("f2")], 2), {}, OnRecord()) is None
    assert rules.next_due() is None
    late = Wake(wake.rule, wake.key, wake.time, 3, wake.because)
    assert rules.feed(late) == [], "it was asked for by the one before"
    rules.feed(Signal(device="d2", kind="door.opened", received=at(40), number=4))
    assert [wake.key for wake in rules.take_due(at(80))] == ["d2"]


def test_a_rule_that_is_gone_decides_nothing_and_leaves_no_wake_up():
    book = Book()
    rules = started()
    rules.feed(book.door("opened", 0))
    rules.switch(NewRules([], 2), {}, OnRecord())
    assert rules.next_due() is None
    assert rules.feed(Wake("held", "d1", at(30), 3, 1)) == []
    assert rules.progress() == {}


def test_a_rule_that_breaks_says_so_and_goes_on():
    book = Book()
    rules = started()
    [broken] = rules.feed(book.door("opened", 0, bad=True))
    assert "held" in broken.decision.reason.en
    rules.feed(book.door("opened", 1))
    assert rules.next_due() == at(31)
