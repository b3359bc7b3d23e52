"""Placed by what is expected of them, short runs do not wait for long ones, and long ones do not starve."""

from random import Random

import pytest

from tests.reasoning.mixed_load import Run, first_come, placed, simulate

SLOTS = 6
LONG = 600.0


def mixed_load(seed: int) -> list[Run]:
    """Twelve long runs in the first minutes, and for an hour a short one every ten seconds or so."""
    random = Random(seed)
    load = [Run(random.uniform(0, 120), random.uniform(0.8, 1.2) * LONG, True) for _ in range(12)]
    now = 0.0
    while now < 3_600:
        now += random.expovariate(1 / 10)
        load.append(Run(now, random.uniform(2, 8), False))
    return load


def p95(values: list[float]) -> float:
    return sorted(values)[int(0.95 * len(values))]


@pytest.mark.parametrize("seed", range(5))
def test_short_runs_wait_a_fraction_and_long_runs_all_end(seed: int) -> None:
    queued = simulate(mixed_load(seed), *first_come(SLOTS))
    routed = simulate(mixed_load(seed), *placed(SLOTS))

    waits = [[run.waited for run in runs if not run.is_long] for runs in (queued, routed)]
    assert p95(waits[0]) > LONG / 2
    assert p95(waits[1]) < 10

    long_runs = [run for run in routed if run.is_long]
    # Half of the slots are theirs, whatever else comes: so long the twelve take, and one more round.
    bound = sum(run.takes for run in long_runs) / (SLOTS / 2) + 1.5 * LONG
    assert all(run.started >= 0 and run.ended <= 120 + bound for run in long_runs)


@pytest.mark.parametrize("seed", range(5))
def test_without_long_runs_placing_costs_nothing_much(seed: int) -> None:
    short = [[run for run in mixed_load(seed) if not run.is_long] for _ in range(2)]
    queued = simulate(short[0], *first_come(SLOTS))
    routed = simulate(short[1], *placed(SLOTS))
    assert p95([run.waited for run in routed]) <= p95([run.waited for run in queued]) + 1
