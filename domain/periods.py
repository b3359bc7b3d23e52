"""The periods that scheduled briefings are for, and their names.

A briefing belongs to the week, month or quarter in which its schedule was due, in the schedule's own time
zone. However late it is made, that stays so.
"""

from __future__ import annotations

from datetime import datetime, tzinfo

from domain.summary import Cadence


def edition_name(cadence: Cadence, due: datetime, zone: tzinfo) -> str:
    """Return the name of the edition that was due at *due*: `weekly-2026-W49`, `monthly-2026-12` or
    `quarterly-2026-Q4`.

    Weeks are those of ISO 8601: they begin on Monday and belong to the year that holds their Thursday.
    """
    if due.tzinfo is None:
        raise ValueError("the moment needs a time zone")
    local = due.astimezone(zone)
    match cadence:
        case Cadence.WEEKLY:
            year, week, _ = local.isocalendar()
            return f"weekly-{year}-W{week:02}"
        case Cadence.MONTHLY:
            return f"monthly-{local.year}-{local.month:02}"
        case Cadence.QUARTERLY:
            return f"quarterly-{local.year}-Q{(local.month - 1) // 3 + 1}"
