"""The step that lets a language model write what rules have found, where one is set and may see it.

The result by rules comes first and stands whenever the model is not used; then `degraded` says why.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from pydantic import Field

from domain.analysis import (
    BusinessPerspective,
    Degradation,
    StrategicSynthesis,
    TechnicalPerspective,
)
from domain.evidence import Finding, RetrievedItem
from domain.model import FrozenModel
from reasoning.language_model import ModelFailed, ask_model
from reasoning.model_writing import (
    OfferedModel,
    Writing,
    choose_model,
    evidence_for,
    grounded_parts,
    question_to_model,
    with_parts,
)
from reasoning.prompts import PROMPT_VERSION, prompt
from reasoning.provenance import label_of
from reasoning.requests import AnalysisContext, AnalysisRequest
from storage.settings import Settings
from tasks.step import step
from tasks.stores import current_stores

Part = TypeVar("Part", BusinessPerspective, TechnicalPerspective, StrategicSynthesis)

_NONE_MAY_SEE = "written by rules: no model may see text that is"
_TOO_LONG = "written by rules: the evidence is longer than DIARCHY_MODEL_MAX_CHARACTERS allows"
_NOTHING_STANDS = "written by rules: the evidence carries nothing of the model's answer"


class ModelWork(FrozenModel):
    """What a model wrote into a part of an analysis, in counts."""

    model: str
    prompt_version: str
    input_tokens: int
    output_tokens: int
    dropped: int


class ModelOutcome(FrozenModel):
    """What a model wrote that stands, by part; or why nothing of it does."""

    findings: dict[str, tuple[Finding, ...]] = Field(default_factory=dict)
    work: ModelWork | None = None
    degraded: str | None = None


async def write_with_model(
    writing: Writing,
    result: Part | None,
    request: AnalysisRequest,
    context: AnalysisContext,
    *,
    part: str,
    degraded: list[Degradation],
    works: list[ModelWork],
) -> Part | None:
    """Return *result* as the model that may see it writes it; itself where none is set."""
    settings = current_stores().settings
    offered = offered_models(settings)
    if result is None or not offered:
        return result
    level = label_of(request, context, result)
    model = choose_model(offered, level)
    if model is None:
        degraded.append(Degradation(part=part, reason=f"{_NONE_MAY_SEE} {level.value}"))
        return result
    items = evidence_for(writing, context)
    outcome = await ask_and_ground(model.name, PROMPT_VERSION, writing, request, items)
    if outcome.degraded is not None:
        degraded.append(Degradation(part=part, reason=outcome.degraded))
        return result
    if outcome.work is not None:
        works.append(outcome.work)
    return with_parts(result, outcome.findings, context)


@step(name="write-with-model", timeout=timedelta(minutes=15), keep_result=True)
async def ask_and_ground(
    model: str,
    prompt_version: str,
    writing: Writing,
    request: AnalysisRequest,
    items: tuple[RetrievedItem, ...],
) -> ModelOutcome:
    """Ask *model* once and keep what the items carry; a failure is kept too and not paid for twice."""
    settings = current_stores().settings
    question = question_to_model(request, items)
    if len(question) > settings.model_max_characters:
        return ModelOutcome(degraded=_TOO_LONG)
    try:
        answered = await ask_model(
            model,
            prompt(writing),
            question,
            within=timedelta(seconds=settings.model_timeout_seconds),
            most_output_tokens=settings.model_max_output_tokens,
        )
    except ModelFailed as error:
        return ModelOutcome(degraded=f"{error}; written by rules instead")
    stands = grounded_parts(answered.answer, writing, items)
    if not stands.parts:
        return ModelOutcome(degraded=_NOTHING_STANDS)
    return ModelOutcome(
        findings=dict(stands.parts),
        work=ModelWork(
            model=model,
            prompt_version=prompt_version,
            input_tokens=answered.input_tokens,
            output_tokens=answered.output_tokens,
            dropped=stands.dropped,
        ),
    )


def offered_models(settings: Settings) -> tuple[OfferedModel, ...]:
    """Return the models that are set, in the order in which they are tried."""
    named = (
        (settings.model, settings.model_ceiling),
        (settings.local_model, settings.local_model_ceiling),
    )
    return tuple(OfferedModel(name=name, ceiling=ceiling) for name, ceiling in named if name)


def signed(reasoner: str, works: list[ModelWork]) -> str:
    """Return the name of *reasoner* with those of the models that wrote, and the prompts' version."""
    models = sorted({f"model:{work.model} (prompts {work.prompt_version})" for work in works})
    return " + ".join([reasoner, *models])
