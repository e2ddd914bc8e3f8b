"""Whose turn it is: the living always, the dead ever less often, and never two of them in one cycle."""

from __future__ import annotations

from gateway.protocols.modbus.pace import Pace
from gateway.protocols.modbus.poll_schedule import LONGEST_PAUSE_S, PollSchedule


def asked(rota: PollSchedule, dead: set[int], seconds: int) -> list[list[int]]:
    """The dead who are asked in each of so many cycles, a second apart."""
    cycles = []
    for now in range(seconds):
        due = rota.due(now)
        for unit in due:
            if unit in dead:
                rota.missed(unit, now)
            else:
                rota.answered(unit)
        cycles.append([unit for unit in due if unit in dead])
    return cycles


def test_the_dead_are_asked_less_and_less_and_one_at_a_time() -> None:
    rota = PollSchedule(range(32), patience=3)
    cycles = asked(rota, {4, 9, 20}, 300)
    assert cycles[:3] == [[4, 9, 20]] * 3
    assert max(map(len, cycles[3:])) == 1
    times = [sum(unit in cycle for cycle in cycles[200:]) for unit in (4, 9, 20)]
    assert all(3 <= each <= 100 / LONGEST_PAUSE_S + 1 for each in times)


def test_who_answers_is_asked_always() -> None:
    rota = PollSchedule([1, 2, 3], patience=2)
    assert [rota.missed(2, 0), rota.missed(2, 0)] == [False, True]
    assert rota.due(0.5) == [1, 3]
    assert rota.due(1.0) == [1, 2, 3]
    rota.answered(2)
    assert not rota.is_dead(2)
    assert rota.due(1.1) == [1, 2, 3]


def test_a_refusal_counts_at_once_and_is_told_once() -> None:
    rota = PollSchedule([1, 2], patience=3)
    assert [rota.refused(1, 0.0), rota.refused(1, 5.0)] == [True, False]
    assert rota.is_dead(1)
    assert not rota.all_dead


def test_a_cycle_is_measured() -> None:
    pace = Pace("line", 1.0)
    for began, took in ((0.0, 0.4), (1.0, 1.5), (3.0, 0.5)):
        pace.begins(began)
        pace.ends(began + took)
    assert (pace.took, pace.longest, pace.count, pace.next_at) == (0.5, 1.5, 3, 4.0)
