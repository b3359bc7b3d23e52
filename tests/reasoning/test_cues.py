from __future__ import annotations

import time
from datetime import UTC, date, datetime

import pytest

from reasoning.cues import Role, deadline_in, likelihood_of, roles_of, says_closed, severity_of

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)

HOLDS = [
    (Role.RISK, "Loss of the licence would stop sales in Norway."),
    (Role.RISK, "The contract with Helvar could lapse in March."),
    (Role.RISK, "Hexa is our single-source supplier for the controller."),
    (Role.RISK, "Three senior engineers are at risk of leaving."),
    (Role.RISK, "We will run out of test capacity in Q2."),
    (Role.OPPORTUNITY, "Customers in the Nordics are asking for a regional data store."),
    (Role.OPPORTUNITY, "We could win the two regional hospitals in 2027."),
    (Role.OPPORTUNITY, "No other vendor offers an on-site variant."),
    (Role.OPPORTUNITY, "Demand for cold storage exceeds what the market offers."),
    (Role.DECISION, "The board is asked to decide by 4 December whether to enter Norway."),
    (Role.DECISION, "Approval is needed before the supplier's offer lapses."),
    (Role.DECISION, "The CFO must choose between the two lenders."),
    (Role.DECISION, "No decision has been taken on the second site."),
    (Role.DECISION, "We recommend that the pilot starts in February."),
    (Role.DECISION, "We propose to credit the nine this month."),
    (Role.DECISION, "We propose that the pilot should start in February."),
    (Role.SUPPORT, "We will move billing to the new platform."),
    (Role.SUPPORT, "Retention is a priority for the coming year."),
    (Role.SUPPORT, "The board approved the Gdansk site."),
    (Role.SUPPORT, "The company is committed to carbon-neutral delivery."),
    (Role.CONFLICT, "Hiring is frozen until 31 March 2027."),
    (Role.CONFLICT, "The platform team cannot take on a second migration."),
    (Role.CONFLICT, "Capital spending is capped at EUR 6 million."),
    (Role.CONFLICT, "The migration may start not before July."),
    (Role.CONFLICT, "Forecast cost exceeds the budget by 12%."),
    (Role.CONFLICT, "Capital expenditure will not exceed EUR 31 million."),
    (Role.DECISION, "The customer asks for our answer by 18 December."),
    (Role.SUPPORT, "The service is to be on general sale by 31 March."),
    (Role.CONFLICT, "The plan contradicts the residency rule."),
    (Role.DEPENDENCY, "The launch depends on the new identity service."),
    (Role.DEPENDENCY, "Phase two is blocked by the network upgrade."),
    (Role.DEPENDENCY, "Once the audit is done we can sign."),
    (Role.DEPENDENCY, "A data-processing agreement is a prerequisite."),
    (Role.DEPENDENCY, "The rollout requires a second data centre."),
    (Role.PROGRESS, "The audit finding was resolved in October."),
    (Role.PROGRESS, "The billing migration is completed."),
    (Role.PROGRESS, "The Rotterdam site went live on Monday."),
    (Role.PROGRESS, "Supply of the controller is no longer a risk."),
    (Role.METRIC, "Churn stood at 3.1% in September."),
    (Role.METRIC, "The order is worth EUR 4.2 million."),
    (Role.METRIC, "Median latency is 180 ms."),
    (Role.METRIC, "It needs €250,000 and 6 engineers."),
    (Role.STRENGTH, "We lead the segment in delivery accuracy."),
    (Role.STRENGTH, "Customers prefer our reporting to that of any rival."),
    (Role.STRENGTH, "Attrition fell to 4% this year."),
    (Role.WEAKNESS, "Onboarding is too slow for small customers."),
    (Role.WEAKNESS, "We lost two deals on price."),
    (Role.WEAKNESS, "Our mobile app lags behind that of the rivals."),
    (Role.TREND, "Demand rises by a tenth every year."),
    (Role.TREND, "Margins have been declining since spring."),
    (Role.TREND, "Mid-size carriers are consolidating."),
]

LACKS = [
    (Role.RISK, "The Norway licence is not at risk."),
    (Role.RISK, "There were no outages in October."),
    (Role.RISK, "There is no evidence of a breach."),
    (Role.RISK, "The risk committee met on Tuesday."),
    (Role.RISK, "Churn fell to 2%."),
    (Role.OPPORTUNITY, "There is no opportunity in the south."),
    (Role.DECISION, "No decision is needed this month."),
    (Role.DECISION, "We propose an approach to phylogeny that uses complete genomes."),
    (Role.DECISION, "We propose that these two receptors are important for regulation."),
    (Role.DECISION, "We propose that cells, and their receptors above all, act as a clock."),
    (Role.DECISION, "He chose the tower, a decision which required a new roof."),
    (Role.DECISION, "Our appeal of that decision is pending with the court."),
    (Role.DECISION, "We recommend further research on reproductive rates."),
    (Role.DECISION, "The board decided to close the site."),
    (Role.SUPPORT, "This is not a priority."),
    (Role.SUPPORT, "The budget has not been approved."),
    (Role.SUPPORT, "Priority was raised from 5 to 7 in November."),
    (Role.SUPPORT, "We will not enter the US market."),
    (Role.CONFLICT, "Costs did not exceed the budget."),
    (Role.CONFLICT, "The team is no longer blocked."),
    (Role.DEPENDENCY, "The launch does not depend on the new identity service."),
    (Role.PROGRESS, "The finding is not resolved."),
    (Role.PROGRESS, "The migration will be completed in June."),
    (Role.PROGRESS, "The case cannot be closed before the audit."),
    (Role.PROGRESS, "Cost per order is a fixed cost."),
    (Role.METRIC, "See section 4 of the plan."),
    (Role.STRENGTH, "Lead times are eleven days."),
    (Role.STRENGTH, "The merger is leading to delays."),
    (Role.WEAKNESS, "We never lost a deal on price."),
    (Role.TREND, "Prices did not rise."),
]

NO_DEADLINE = [
    "The board met on 4 December 2025.",
    "Hiring is frozen until 31 March 2027.",
    "Churn was 3% in September.",
    "Sign by 31 April 2027.",
    "It is due, by all accounts.",
]


@pytest.mark.parametrize(("role", "sentence"), HOLDS)
def test_wording_gives_a_role(role: Role, sentence: str):
    assert role in roles_of(sentence)


@pytest.mark.parametrize(("role", "sentence"), LACKS)
def test_wording_that_is_taken_back_or_means_another_thing_gives_no_role(role: Role, sentence: str):
    assert role not in roles_of(sentence)


def test_plain_description_has_no_role():
    assert roles_of("The office is in Utrecht, near the station.") == frozenset()


def test_a_wrapped_sentence_has_the_roles_of_the_same_sentence_on_one_line():
    wrapped = "The **board** is asked\n  to decide by 4 December."
    assert roles_of(wrapped) == roles_of("The board is asked to decide by 4 December.")


@pytest.mark.parametrize(
    ("sentence", "closed"),
    [
        ("The incident is closed.", True),
        ("Resolved on 3 November; nothing is outstanding.", True),
        ("This is no longer a material risk.", True),
        ("The incident is not closed.", False),
        ("The incident will be closed in May.", False),
        ("We closed the quarter above plan.", False),
        ("The round closed session starts at nine.", False),
    ],
)
def test_a_matter_is_closed_only_when_the_sentence_says_so(sentence: str, *, closed: bool):
    assert says_closed(sentence) is closed


@pytest.mark.parametrize(
    ("sentence", "grade", "words"),
    [
        ("Loss of the licence would end sales.", 5, "loss of the licence"),
        ("A breach of the covenant is possible.", 5, "breach of the covenant"),
        ("The supplier may terminate the agreement.", 4, "terminate"),
        ("The start may slip by a month.", 3, "slip"),
        ("A minor outage is possible.", 2, "minor"),
        ("The effect is negligible.", 1, "negligible"),
        ("Severity: high, likelihood: low.", 4, "severity: high"),
        ("There is a high-impact dependency.", 4, "high-impact"),
        ("Impact on the renewal if told badly: severe.", 5, "severe"),
        ("Impact: major, if it comes in spring.", 4, "impact: major"),
        ("Nothing here says how bad.", 3, "no wording about severity; taken as moderate"),
    ],
)
def test_severity_names_the_words_that_set_it(sentence: str, grade: int, words: str):
    found, reason = severity_of(sentence)
    assert (found, words in reason) == (grade, True)


@pytest.mark.parametrize(
    ("sentence", "grade", "words"),
    [
        ("It has already failed once.", 5, "already"),
        ("A strike is likely in spring.", 4, "likely"),
        ("There is a 40% probability of a strike.", 3, "40% probability"),
        ("The probability of a strike is 90%.", 5, "90%"),
        ("The supplier might fail.", 3, "might"),
        ("A strike is unlikely.", 2, "unlikely"),
        ("The chance is remote.", 1, "remote"),
        ("Severity: high, likelihood: low.", 2, "likelihood: low"),
        ("Likelihood of a second phase in Denmark: possible.", 3, "possible"),
        ("Likelihood of a report with exceptions: almost certain.", 5, "almost certain"),
        ("The licence.", 3, "no wording about likelihood; taken as possible"),
    ],
)
def test_likelihood_names_the_words_that_set_it(sentence: str, grade: int, words: str):
    found, reason = likelihood_of(sentence)
    assert (found, words in reason) == (grade, True)


@pytest.mark.parametrize(
    ("sentence", "due"),
    [
        ("The board is asked to decide by 4 December.", date(2026, 12, 4)),
        ("Decide by December 4th.", date(2026, 12, 4)),
        ("Due 2026-12-04.", date(2026, 12, 4)),
        ("Sign before the end of Q1 2027.", date(2027, 3, 31)),
        ("Deliver by end of January.", date(2027, 1, 31)),
        ("The offer expires on 15 January 2027.", date(2027, 1, 15)),
        ("It must be live before March 2027.", date(2027, 2, 28)),
        ("The new rule must be met by the end of the year.", date(2026, 12, 31)),
        ("Answer by Friday.", date(2026, 11, 20)),
        ("Answer by the end of next month.", date(2026, 12, 31)),
        ("Answer by the end of next quarter.", date(2027, 3, 31)),
        ("It was due by 10 November.", date(2026, 11, 10)),
        ("Decide by 9 January, at the latest by 2027-01-20.", date(2027, 1, 9)),
        ("The offer is open until 12 December.", date(2026, 12, 12)),
        ("The feature must ship by H1 2027.", date(2027, 6, 30)),
    ],
)
def test_deadlines_are_read_as_companies_write_them(sentence: str, due: date):
    assert deadline_in(sentence, NOW) == due


@pytest.mark.parametrize("sentence", NO_DEADLINE)
def test_a_date_that_sets_nothing_is_no_deadline(sentence: str):
    assert deadline_in(sentence, NOW) is None


def test_a_date_without_a_year_near_new_year_may_belong_to_the_year_before():
    assert deadline_in("Due by 20 December.", datetime(2027, 1, 5, tzinfo=UTC)) == date(
        2026, 12, 20
    )


@pytest.mark.parametrize(
    "sentence",
    ["a" * 100_000, "once " * 20_000, "not at risk, by 4 " * 6_000, "1," * 50_000, " " * 100_000],
)
def test_a_huge_sentence_is_read_in_linear_time(sentence: str):
    begun = time.process_time()
    roles_of(sentence)
    severity_of(sentence)
    likelihood_of(sentence)
    deadline_in(sentence, NOW)
    whole = time.process_time() - begun
    assert whole < 5
