"""The one place that talks to a language model: a question goes out, a typed answer comes back.

The model gets instructions and data, and no tools. An answer that is late, cut short, refused or not of
the asked shape is a `ModelFailed` that names the kind of failure and repeats nothing of what was sent or
said. The library is imported with the first question: a run without a model pays nothing.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import NamedTuple

from domain.errors import DiarchyError
from reasoning.model_outputs import ModelAnswer


class ModelFailed(DiarchyError):
    """The model gave no answer that can be used."""


class Answered(NamedTuple):
    """The answer and what it took."""

    answer: ModelAnswer
    input_tokens: int
    output_tokens: int


async def ask_model(
    name: str, instructions: str, question: str, *, within: timedelta, most_output_tokens: int
) -> Answered:
    """Ask the model *name* once; its client repeats what fails in passing, within *within*.

    Raises:
        ModelFailed: for whatever kept the model from an answer of the asked shape.

    """
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await _ask(name, instructions, question, within, most_output_tokens)
    except TimeoutError:
        raise ModelFailed("the model did not answer in time") from None
    except ModelFailed:
        raise
    except Exception as error:  # noqa: BLE001 - its text may repeat what was sent
        raise ModelFailed(f"the model could not be used: {type(error).__name__}") from None


async def _ask(
    name: str, instructions: str, question: str, within: timedelta, most_output_tokens: int
) -> Answered:
    from pydantic_ai import Agent, PromptedOutput  # noqa: PLC0415 - see above
    from pydantic_ai.settings import ModelSettings  # noqa: PLC0415

    agent = Agent(
        name,
        output_type=PromptedOutput(ModelAnswer),
        instructions=instructions,
        model_settings=ModelSettings(
            temperature=0, max_tokens=most_output_tokens, timeout=within.total_seconds()
        ),
    )
    result = await agent.run(question)
    if result.response.finish_reason != "stop":
        raise ModelFailed("the model's answer was cut short or refused")
    usage = result.usage
    return Answered(result.output, usage.input_tokens, usage.output_tokens)
