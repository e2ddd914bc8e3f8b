"""Whose turn it is: the living always, the dead ever less often, and never two of them in one cycle."""

from __future__ import annotations

from gateway.protocols.modbus.cycle_time import CycleTime
from gateway.protocols.modbus.poll_schedule import MAX_BACKOFF_S, PollSchedule


def polled(schedule: PollSchedule, offline: set[int], seconds: int) -> list[list[int]]:
    """The dead who are asked in each of so many cycles, a second apart."""
    cycles = []
    for now in range(seconds):
        due = schedule.due(now)
        for unit in due:
            if unit in offline:
                schedule.missed(unit, now)
            else:
                schedule.answered(unit)
        cycles.append([unit for unit in due if unit in offline])
    return cycles


def test_the_dead_are_asked_less_and_less_and_one_at_a_time() -> None:
    schedule = PollSchedule(range(32), max_missed=3)
    cycles = polled(schedule, {4, 9, 20}, 300)
    assert cycles[:3] == [[4, 9, 20]] * 3
    assert max(map(len, cycles[3:])) == 1
    times = [sum(unit in cycle for cycle in cycles[200:]) for unit in (4, 9, 20)]
    assert all(3 <= each <= 100 / MAX_BACKOFF_S + 1 for each in times)


def test_who_answers_is_asked_always() -> None:
    schedule = PollSchedule([1, 2, 3], max_missed=2)
    assert [schedule.missed(2, 0), schedule.missed(2, 0)] == [False, True]
    assert schedule.due(0.5) == [1, 3]
    assert schedule.due(1.0) == [1, 2, 3]
    schedule.answered(2)
    assert not schedule.is_offline(2)
    assert schedule.due(1.1) == [1, 2, 3]


def test_a_refusal_counts_at_once_and_is_told_once() -> None:
    schedule = PollSchedule([1, 2], max_missed=3)
    assert [schedule.rejected(1, 0.0), schedule.rejected(1, 5.0)] == [True, False]
    assert schedule.is_offline(1)
    assert not schedule.all_offline


def test_a_cycle_is_measured() -> None:
    cycle_time = CycleTime("line", 1.0)
    for began, took in ((0.0, 0.4), (1.0, 1.5), (3.0, 0.5)):
        cycle_time.start(began)
        cycle_time.end(began + took)
    assert (cycle_time.last, cycle_time.longest, cycle_time.count, cycle_time.next_at) == (0.5, 1.5, 3, 4.0)
