"""How well messages are routed to Sophia, Artemis, both or the knowledge base, and how well it asks back.

Measured on labelled requests (`benchmarks/routed_requests.py`), for the half that the rules were tuned on and
for the half that was held out, and for requests that were written when the rules were finished. The vectors are
the packaged model's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.report import print_table, verdict
from benchmarks.routed_requests import Part, RoutedRequest, routed_requests
from domain.sessions import Route, RoutingDecision, WorkingMemory
from reasoning.domain_router import all_intent_phrases, intent_vectors, route_message
from storage.embeddings import EmbeddingModel

_REQUIRED = 0.85
_UNSURE = "ask back"
_BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Where the bins of confidence begin."""


class Routed(NamedTuple):
    """A labelled request and what the router made of it."""

    request: RoutedRequest
    decision: RoutingDecision

    @property
    def is_right(self) -> bool:
        """Whether it went where it should, or was asked back where it should be."""
        return self.decision.route is self.request.route

    @property
    def guess(self) -> Route:
        """The likeliest route, asked back or not."""
        return self.decision.route or self.decision.candidates[0]


async def run(_: Path | None) -> None:
    """Route every labelled request and print the figures."""
    model = EmbeddingModel()
    routed = {part: await route_all(routed_requests(part), model) for part in Part}
    _print_accuracy(routed)
    for part in Part:
        _print_confusion(part, routed[part])
        _print_confidence(part, routed[part])


async def route_all(requests: Sequence[RoutedRequest], model: EmbeddingModel) -> list[Routed]:
    """Return what the router makes of each of *requests*, a follow-up with the question before it."""
    phrases = all_intent_phrases()
    vectors = await model.embed([*phrases, *(request.text for request in requests)])
    intents = intent_vectors(vectors[: len(phrases)])
    return [
        Routed(request, route_message(request.text, vector.tolist(), intents, _memory_of(request)))
        for request, vector in zip(requests, vectors[len(phrases) :], strict=True)
    ]


def share_right(routed: Sequence[Routed]) -> float:
    """Return the share that went where it should, asking back where one should included."""
    return sum(one.is_right for one in routed) / len(routed)


def _memory_of(request: RoutedRequest) -> WorkingMemory:
    if request.before is None:
        return WorkingMemory(session_id="new")
    return WorkingMemory(
        session_id="begun", question=request.before.question, route=request.before.route
    )


def _print_accuracy(routed: dict[Part, list[Routed]]) -> None:
    rows: list[list[str]] = []
    for part, every in routed.items():
        clear = [one for one in every if one.request.route is not None]
        answered = [one for one in every if one.decision.route is not None]
        follow_ups = [one for one in every if one.request.before is not None]
        guessed = sum(one.guess is one.request.route for one in clear) / len(clear)
        rows.append(
            [
                part.value.replace("_", " "),
                f"{len(every)}",
                f"{share_right(every):.3f}",
                f"{guessed:.3f}",
                f"{share_right(answered):.3f}",
                f"{1 - len(answered) / len(every):.3f}",
                f"{share_right(follow_ups):.3f}" if follow_ups else "-",
                verdict(share_right(every) >= _REQUIRED) if part is Part.HELD_OUT else "",
            ]
        )
    print_table(
        "Routing of messages",
        ["part", "requests", "right", "first guess", "of answered", "asked back", "follow-ups", ""],
        rows,
        notes=[
            "right: sent where it should be, or asked back where one must",
            "first guess: the likeliest route of the requests that have one, asked back or not",
            f"of answered: of those that it did not ask back. To reach: {_REQUIRED:.2f} right, held out",
        ],
    )


def _print_confusion(part: Part, routed: Sequence[Routed]) -> None:
    counts = Counter((_name(one.request.route), _name(one.decision.route)) for one in routed)
    names = [*(route.value for route in Route), _UNSURE]
    rows = [[wanted, *(f"{counts[wanted, given] or '·'}" for given in names)] for wanted in names]
    print_table(f"Labelled (rows) and routed (columns), {part.value}", ["", *names], rows)


def _print_confidence(part: Part, routed: Sequence[Routed]) -> None:
    """Print how often the likeliest route was right, by how sure the router said it is."""
    rows: list[list[str]] = []
    clear = [one for one in routed if one.request.route is not None]
    for least, most in zip(_BINS, [*_BINS[1:], 1.01], strict=True):
        within = [one for one in clear if least <= one.decision.confidence < most]
        if within:
            right = sum(one.guess is one.request.route for one in within) / len(within)
            said = sum(one.decision.confidence for one in within) / len(within)
            rows.append(
                [
                    f"{least:.1f} to {min(most, 1):.1f}",
                    f"{len(within)}",
                    f"{said:.2f}",
                    f"{right:.2f}",
                ]
            )
    print_table(
        f"Confidence, {part.value}: requests that have a route",
        ["said", "requests", "mean said", "likeliest right"],
        rows,
    )


def _name(route: Route | None) -> str:
    return _UNSURE if route is None else route.value
