"""Whether the quote of a technical requirement states the value that was read from it."""

from __future__ import annotations

from datetime import date

from domain.analysis import TechnicalRequirement
from reasoning.dates import dates_in, periods_in
from reasoning.figures import figures_in
from reasoning.grounded_wording import missing_words
from reasoning.named_requirements import regimes_in, regions_in, systems_in


def states_requirement(requirement: TechnicalRequirement) -> bool:
    """Whether the evidence of *requirement* holds its quantity, name, date or period."""
    quote = requirement.evidence.quote
    if requirement.quantity is not None:
        return any(figure.quantity == requirement.quantity for figure in figures_in(quote))
    if requirement.name is not None:
        found = (*regimes_in(quote), *regions_in(quote), *systems_in(quote))
        return any(name == requirement.name for name, _, _ in found) or not missing_words(
            requirement.name, [quote]
        )
    if requirement.due is not None:
        return _names_day(quote, requirement.due)
    return any(mention.duration == requirement.period for mention in periods_in(quote))


def _names_day(quote: str, due: date) -> bool:
    """Whether *quote* holds *due*; a day without a year stands for one in any year."""
    mentions = dates_in(quote, date(due.year, 1, 1))
    return any(mention.first <= due <= mention.last for mention in mentions)
