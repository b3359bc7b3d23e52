"""YAML that labels a document: front matter at its top, or a sidecar beside it.

Read more strictly than YAML at large, because a label that is misread opens a door: no field
twice, no aliases, no tags; only null, true, false and decimal numbers are taken for other than
text, so that dates, `no` and `007` stay what was typed. What looks like front matter and cannot be
read is refused, never taken for text.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import yaml
from frontmatter.default_handlers import YAMLHandler

from storage.source_files.places import problem


def split_front_matter(path: Path, text: str) -> tuple[dict[str, Any], str]:
    """Return the front matter of *text*, empty when there is none, and the rest."""
    handler = YAMLHandler()
    text = text.strip()
    if not handler.detect(text):
        return {}, text
    try:
        labels, body = handler.split(text)
    except ValueError:
        raise problem(path, "begins with --- but no second --- ends its front matter") from None
    return read_mapping(path, labels, what="front matter"), body.strip()


def read_mapping(path: Path, text: str, *, what: str = "YAML") -> dict[str, Any]:
    """Return the fields that a YAML text gives; raise `InvalidRecord` when it gives none."""
    try:
        value = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 a safe loader, made stricter
    except (yaml.YAMLError, ValueError, RecursionError):
        raise problem(path, f"has {what} that is not valid, or names a field twice") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise problem(path, f"has {what} that is no list of 'field: value' lines")
    fields = cast("dict[Any, Any]", value)
    return {str(name): entry for name, entry in fields.items()}


class _StrictLoader(yaml.SafeLoader):
    """Plain data only, and every key once."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen if isinstance(key, yaml.ScalarNode) else True:
                raise yaml.YAMLError
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


_StrictLoader.yaml_implicit_resolvers = {}


def _resolve_plain(tag: str, pattern: str, first_characters: str) -> None:
    _StrictLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{tag}", re.compile(rf"(?:{pattern})\Z"), list(first_characters)
    )


_resolve_plain("null", r"null|Null|NULL|~|", "nN~")
_StrictLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"\Z"), [""])
_resolve_plain("bool", r"true|True|TRUE|false|False|FALSE", "tTfF")
_resolve_plain("int", r"[-+]?(0|[1-9][0-9]*)", "-+0123456789")
_resolve_plain("float", r"[-+]?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]+)?", "-+0123456789")
