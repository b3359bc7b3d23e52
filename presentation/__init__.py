"""How results look: a typed result in, Markdown or a page out. Pure but for its own templates."""

from presentation.rendering import (
    Result,
    conversation_html,
    conversation_markdown,
    knowledge_item_html,
    knowledge_item_markdown,
    search_results_html,
    search_results_markdown,
    to_html,
    to_markdown,
)

__all__ = [
    "Result",
    "conversation_html",
    "conversation_markdown",
    "knowledge_item_html",
    "knowledge_item_markdown",
    "search_results_html",
    "search_results_markdown",
    "to_html",
    "to_markdown",
]
