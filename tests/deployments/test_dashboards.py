from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

from storage.installation_state import InstallationState
from storage.metric_exposition import Exposition
from storage.metrics import METRICS, CounterMetric, HistogramMetric, Series

DEPLOYMENTS = Path(__file__).parents[2] / "deployments"
DASHBOARD: dict[str, Any] = json.loads((DEPLOYMENTS / "grafana" / "diarchy.json").read_text())
RULES: dict[str, Any] = yaml.safe_load(
    (DEPLOYMENTS / "prometheus" / "diarchy.rules.yml").read_text()
)


def test_every_query_of_the_dashboard_and_of_the_alerts_asks_for_what_is_exported():
    exported = names_of_samples()
    for query in [*queries_of_dashboard(), *queries_of_alerts()]:
        asked = set(re.findall(r"diarchy_\w+", query))
        assert asked, query
        assert asked <= exported, query


def test_every_metric_is_on_the_dashboard():
    shown = " ".join(queries_of_dashboard())
    assert [name for name in METRICS if name not in shown] == []


def test_queries_group_and_filter_by_labels_that_there_are():
    for query in [*queries_of_dashboard(), *queries_of_alerts()]:
        labels = {label for name in re.findall(r"diarchy_\w+", query) for label in labels_of(name)}
        grouped = re.findall(r"by \(([^)]*)\)", query)
        used = {label.strip() for group in grouped for label in group.split(",")}
        used |= set(re.findall(r"[{,]\s*(\w+)!?=", query))
        assert used <= labels | {"le"}, query


def test_panels_have_places_and_numbers_of_their_own():
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}) == len(panels)


def test_every_alert_says_what_is_wrong():
    (group,) = RULES["groups"]
    assert len({rule["alert"] for rule in group["rules"]}) == len(group["rules"])
    for rule in group["rules"]:
        assert rule["annotations"]["summary"].endswith((".", "?"))


def queries_of_dashboard() -> list[str]:
    return [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


def queries_of_alerts() -> list[str]:
    return [rule["expr"] for group in RULES["groups"] for rule in group["rules"]]


def names_of_samples() -> set[str]:
    """Return the names under which Prometheus finds each metric, as the exporter writes them."""
    counts = {
        Series(metric.name, tuple("x" for _ in metric.labels), "0"): 1.0
        for metric in METRICS.values()
        if isinstance(metric, CounterMetric | HistogramMetric)
    }
    text = Exposition(counts, InstallationState(up={}, troubles={})).text()
    families = list(text_string_to_metric_families(text))
    samples = {sample.name for family in families for sample in family.samples}
    return samples | {family.name for family in families if family.type == "gauge"}


def labels_of(name: str) -> tuple[str, ...]:
    metric = next(known for known in METRICS.values() if name.startswith(known.name))
    return metric.labels
