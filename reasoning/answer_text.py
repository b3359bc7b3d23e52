"""The text of an answer as it is put together: paragraphs and lists, with sources numbered as they are cited.

Whatever comes from outside the code passes `plain`, which escapes it: a quote shows letter for letter and
can be no heading, link, table or HTML of the answer's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from domain.evidence import Evidence, EvidenceOrigin, RetrievedItem, Source
from domain.knowledge import ItemKey
from domain.markdown_escaping import escape_markdown
from domain.sentences import shortened
from domain.sessions import Conclusion
from reasoning.amounts import day
from reasoning.placing import short_title
from reasoning.terms import word_list
from reasoning.wording import says_the_same, significant_words

MOST_ENTITIES = 20
_READ = 2_000
"""Characters of a text in which names are looked for."""
_MOST_RECALLED = 2
_LEAST_RELEVANCE = 0.3
_LONGEST_CONCLUSION = 400
_NAME = re.compile(r"[A-ZÀ-ÖØ-Þ][\w'’&-]*(?: (?:of |and |de |van )?[A-ZÀ-ÖØ-Þ\d][\w'’&-]*){0,3}")
_NO_NAMES = word_list(
    """
    january february march april may june july august september october november december monday tuesday
    wednesday thursday friday saturday sunday eur usd gbp should shall which please give tell show list find
    summarise compare assess i
    """
)


class AnswerText:
    """Markdown in the making, and what it cites."""

    def __init__(self, known: Iterable[Source | RetrievedItem]) -> None:
        self._known = {
            one.key: Source.of(one) if isinstance(one, RetrievedItem) else one for one in known
        }
        self._cited: dict[ItemKey, Source] = {}
        self._blocks: list[str] = []
        self._said: list[str] = []

    @property
    def markdown(self) -> str:
        """The whole text."""
        return "\n\n".join(self._blocks)

    @property
    def cited(self) -> tuple[Source, ...]:
        """The sources in the order in which the text numbers them."""
        return tuple(self._cited.values())

    @property
    def sources(self) -> tuple[Source, ...]:
        """The same, by id and level."""
        return tuple(
            sorted(self.cited, key=lambda one: (one.knowledge_id, one.confidentiality_level.rank))
        )

    def paragraph(self, markdown: str) -> None:
        """Add a paragraph, which must hold nothing unescaped."""
        self._blocks.append(markdown)

    def bullets(self, entries: Sequence[str]) -> None:
        """Add a list, whose entries must hold nothing unescaped."""
        if entries:
            self._blocks.append("\n".join(f"- {entry}" for entry in entries))

    def plain(self, text: str) -> str:
        """Return *text* of others as Markdown that shows it as it is, on one line; remember what it says."""
        self._said.append(text)
        return escape_markdown(text)

    def marks(self, evidence: Iterable[Evidence]) -> str:
        """Return the numbers of the items that *evidence* quotes, with a space before; empty for none."""
        quoted = dict.fromkeys(
            quote.key for quote in evidence if quote.origin is EvidenceOrigin.KNOWLEDGE
        )
        return self.marks_of(key for key in quoted if key in self._known)

    def marks_of(self, keys: Iterable[ItemKey]) -> str:
        """Return the numbers of known items, with a space before."""
        numbers: list[str] = []
        for key in keys:
            self._cited.setdefault(key, self._known[key])
            numbers.append(f"[{list(self._cited).index(key) + 1}]")
        return f" {''.join(numbers)}" if numbers else ""

    def recall(self, conclusions: Sequence[Conclusion]) -> tuple[Conclusion, ...]:
        """Add what was concluded earlier and is not said yet; return what was added."""
        said = [significant_words(text) for text in self._said]
        shown: list[Conclusion] = []
        for conclusion in sorted(conclusions, key=lambda one: -one.relevance):
            words = significant_words(conclusion.text)
            if conclusion.relevance < _LEAST_RELEVANCE or says_the_same(words, said):
                continue
            shown.append(conclusion)
            said.append(words)
            if len(shown) == _MOST_RECALLED:
                break
        for conclusion in shown:
            told = self.plain(shortened(conclusion.text, limit=_LONGEST_CONCLUSION))
            when = day(conclusion.concluded_at.date())
            self.paragraph(f"Concluded earlier ({when}): {told} *(not evidence)*")
        return tuple(shown)

    def entities(self, question: str) -> tuple[str, ...]:
        """Return the names in play, at most twenty: of the question, of what is cited, of what was said."""
        names = [*_names_in(question)]
        names += [short_title(source.title) for source in self.cited]
        names += [name for text in self._said for name in _names_in(text)]
        return tuple(dict.fromkeys(names))[:MOST_ENTITIES]


def _names_in(text: str) -> list[str]:
    """Return what is written with capitals elsewhere than at a sentence's beginning."""
    return [
        match.group().removesuffix("'s").removesuffix("’s")
        for match in _NAME.finditer(text, 0, _READ)
        if _is_inside(text, match.start())
        and match.group().split()[0].lower() not in _NO_NAMES
        and len(match.group()) > 1
    ]


def _is_inside(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \"“'‘(")
    return bool(before) and before[-1] not in ".!?:–—"
