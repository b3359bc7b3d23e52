"""What may be asked about a subject: phrases of the code's own, never a reader's words.

So their vectors say nothing of anybody and may be kept and shared by every reader.
"""

from __future__ import annotations

from enum import StrEnum


class Facet(StrEnum):
    """A side of a subject; the value is the phrase that is embedded and matched."""

    STRATEGY = "strategic priority, decision, goal"
    FINANCE = "budget, cost, investment, cap"
    MARKET = "market growth, demand, trend"
    COMPETITORS = "competitor offering, price, weakness"
    CUSTOMERS = "customers ask, churn, satisfaction"
    PARTNERS = "partner, alliance, joint offering"
    PEOPLE = "staff, skills, hiring, capacity"
    ROADMAP = "roadmap, platform, dependency, migration"
    OPERATIONS = "throughput, latency, availability, load"
    RISKS = "risk, exposure, threat, incident"
    DELIVERY = "deadline, dependency, blocked, conflict, trade-off"
