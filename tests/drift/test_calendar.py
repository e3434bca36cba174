from datetime import date, timedelta

import pytest

from pixguard.drift.calendar import DayKind, easter_of, kind_of


@pytest.mark.parametrize(("year", "month", "day"), [(2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28)])
def test_easter(year: int, month: int, day: int) -> None:
    assert easter_of(year) == date(year, month, day)


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 3, 12), DayKind.WORKING),
        (date(2026, 3, 14), DayKind.WEEKEND),
        (date(2026, 3, 6), DayKind.PAYDAY),  # the fifth business day of March 2026
        (date(2026, 3, 20), DayKind.PAYDAY),  # the advance
        (date(2026, 4, 3), DayKind.WEEKEND),  # Good Friday
        (date(2026, 4, 21), DayKind.WEEKEND),  # Tiradentes, though an advance's second day
        (date(2026, 12, 24), DayKind.FESTIVE),
        (date(2027, 1, 2), DayKind.FESTIVE),
        (date(2026, 11, 27), DayKind.FESTIVE),  # Black Friday
        (date(2026, 2, 16), DayKind.FESTIVE),  # Carnival Monday
        (date(2026, 5, 9), DayKind.FESTIVE),  # the day before Mother's day
    ],
)
def test_kinds_of_days(day: date, kind: DayKind) -> None:
    assert kind_of(day) is kind


def test_a_year_has_every_kind_in_likely_numbers() -> None:
    kinds = [kind_of(date(2026, 1, 1) + timedelta(days=n)) for n in range(365)]
    counts = {kind: kinds.count(kind) for kind in DayKind}
    assert counts[DayKind.WORKING] > 120
    assert 85 < counts[DayKind.WEEKEND] < 120
    assert 50 < counts[DayKind.PAYDAY] < 90
    assert 35 < counts[DayKind.FESTIVE] < 60
