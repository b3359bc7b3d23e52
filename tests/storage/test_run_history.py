"""What runs took is kept a level apart, and of every kind the newest only."""

from domain.clearance import Clearance, ConfidentialityLevel
from domain.routing import RoutedFlow
from domain.workload import RunMeasurement, SizeClass
from storage.run_history import KEPT_OF_A_KIND
from tests.stores import CONFIDENTIAL, INTERNAL, RESTRICTED, OpenHome


def took(seconds: float, level: ConfidentialityLevel = INTERNAL) -> RunMeasurement:
    return RunMeasurement(
        flow=RoutedFlow.CEO_BRIEFING, level=level, size=SizeClass.SMALL, seconds=seconds
    )


async def test_a_reader_is_given_the_runs_at_or_below_its_clearance_newest_first(
    open_home: OpenHome,
) -> None:
    runs = (await open_home()).runs
    for measurement in (took(1), took(2, RESTRICTED), took(3, CONFIDENTIAL), took(4)):
        await runs.add(measurement)
    assert await runs.read(Clearance(level=INTERNAL)) == (took(4), took(1))
    assert await runs.read(Clearance(level=CONFIDENTIAL)) == (
        took(4),
        took(3, CONFIDENTIAL),
        took(1),
    )


async def test_of_a_kind_the_newest_stay_and_no_other_kind_pushes_them_out(
    open_home: OpenHome,
) -> None:
    runs = (await open_home()).runs
    await runs.add(took(0.5))
    for number in range(KEPT_OF_A_KIND + 5):
        await runs.add(took(number, RESTRICTED))
    assert await runs.read(Clearance(level=INTERNAL)) == (took(0.5),)
    kept = [one for one in await runs.read(Clearance(level=RESTRICTED)) if one.level is RESTRICTED]
    assert [one.seconds for one in kept] == list(range(KEPT_OF_A_KIND + 4, 4, -1))
