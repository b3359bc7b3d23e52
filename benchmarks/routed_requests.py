"""Requests as people of a company type them, each with who should answer it.

What the labels mean, for whoever labels more:

- `sophia`: what it means for the business: market, money, customers, competition, people, pricing, strategy.
  What is asked is a judgement; how it would be built is not.
- `artemis`: whether and how it can be built or run: architecture, capacity, security, integration, effort and
  schedule of engineering, technology. What it earns is not asked.
- `both`: a decision or a requirement that stands or falls with both: "should we offer, build, buy, launch"
  something technical, or a requirement with money and dates beside technical demands.
- `knowledge`: a fact, a passage or a document is looked up; whoever has read it can answer in a sentence.
- `unsure`: a colleague would have to ask back: a name alone, a greeting, a pointer to nothing.

A request with `before` is a follow-up: that question was asked, and answered by that route. Half of each label
is held out: the requests of a label, in the order of the SHA-256 of their text, go in turn to `tuned` and to
`held_out`. The rules of the router may be tuned on `tuned` and `tuned_later` alone.

Who wrote the rules had written the requests, so more were written each time the rules were finished. Those of
`tuned_later` showed that rules of wording do not carry over and served to mend that; those of `unseen` were
written after that and served nothing.
"""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from domain.sessions import Route

_FILE = Path(__file__).parent / "data" / "routed_requests.jsonl"


class Part(StrEnum):
    """Which part of the set a request is in."""

    TUNED = "tuned"
    HELD_OUT = "held_out"
    TUNED_LATER = "tuned_later"
    UNSEEN = "unseen"


class Before(NamedTuple):
    """The question before a follow-up, and who answered it."""

    question: str
    route: Route


class RoutedRequest(NamedTuple):
    """A request and who should answer it; None where one must ask back."""

    text: str
    route: Route | None
    before: Before | None
    part: Part


def routed_requests(part: Part | None = None) -> tuple[RoutedRequest, ...]:
    """Return the labelled requests, of one half or all, in the order of the file."""
    rows = [json.loads(line) for line in _FILE.read_text(encoding="utf-8").splitlines()]
    requests = [
        RoutedRequest(
            text=row["text"],
            route=None if row["label"] == "unsure" else Route(row["label"]),
            before=None
            if row["before"] is None
            else Before(row["before"]["question"], Route(row["before"]["route"])),
            part=Part(row["part"]),
        )
        for row in rows
    ]
    return tuple(request for request in requests if part in {None, request.part})
