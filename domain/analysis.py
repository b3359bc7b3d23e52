"""The two perspectives on one requirement, their synthesis, and the recommendations that follow.

Sophia's is the business perspective, Artemis's the technical one. Every statement in them is a
`Finding` with its evidence; ratings say `unknown` where the evidence does not speak.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from domain.clearance import ConfidentialityLevel
from domain.evidence import Evidence, Finding, Labelled
from domain.knowledge import Domain, KnowledgeCategory
from domain.model import FrozenModel, UtcDatetime

Confidence = Annotated[float, Field(ge=0, le=1)]


class Rating(StrEnum):
    """A coarse grade; unknown where nothing was found to grade by."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    UNKNOWN = "unknown"


class Timeline(StrEnum):
    """When a recommendation is due."""

    IMMEDIATE = "immediate"
    THIS_MONTH = "this_month"
    THIS_QUARTER = "this_quarter"
    THIS_YEAR = "this_year"


class Recommendation(Finding):
    """Something to do, grounded in named items."""

    owner_domain: Domain
    timeline: Timeline
    impact: Literal["high", "medium", "low"]
    rank: int = Field(ge=1)
    """1 is first."""


class StrategicAlignment(FrozenModel):
    """What in the company's strategy supports the requirement and what stands against it."""

    supports: tuple[Finding, ...] = ()
    conflicts: tuple[Finding, ...] = ()
    strength: float = Field(ge=-1, le=1)
    """-1: everything found conflicts; 0: balanced or nothing found; 1: everything found supports."""


class MarketPosition(FrozenModel):
    """Where the company stands in the market that the requirement touches."""

    strengths: tuple[Finding, ...] = ()
    weaknesses: tuple[Finding, ...] = ()
    trends: tuple[Finding, ...] = ()


class CompetitorView(FrozenModel):
    """What is known of one named competitor."""

    name: str
    findings: tuple[Finding, ...] = Field(min_length=1)


class CompetitiveLandscape(FrozenModel):
    """Who else is on this ground, and what they do."""

    competitors: tuple[CompetitorView, ...] = ()
    threats: tuple[Finding, ...] = ()
    openings: tuple[Finding, ...] = ()


class BusinessPerspective(Labelled):
    """Sophia's analysis of a requirement."""

    query: str
    strategic_alignment: StrategicAlignment
    market_position: MarketPosition
    competitive_landscape: CompetitiveLandscape
    recommendations: tuple[Recommendation, ...]
    confidence_score: Confidence


class RequirementKind(StrEnum):
    """The kinds of technical requirement that a text can state."""

    THROUGHPUT = "throughput"
    LATENCY = "latency"
    AVAILABILITY = "availability"
    DATA_VOLUME = "data_volume"
    COMPLIANCE = "compliance"
    RESIDENCY = "residency"
    INTEGRATION = "integration"
    DEADLINE = "deadline"
    BUDGET = "budget"


class Comparison(StrEnum):
    """How a required value bounds the solution."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    EXACTLY = "exactly"


class Quantity(FrozenModel):
    """A number with its unit, normalised so that two requirements can be compared.

    Units: requests_per_second, events_per_second, seconds, percent, bytes, bytes_per_day, rows,
    rows_per_day,
    users, EUR, USD, GBP (or another ISO 4217 code).
    """

    magnitude: float
    unit: str


class TechnicalRequirement(FrozenModel):
    """One typed requirement, with the words that state it.

    Exactly one of `quantity`, `name` and `due` is set, as the kind demands: figures for throughput,
    latency, availability, data volume and budget; a name (GDPR, EU, Salesforce) for compliance,
    residency and integration; a date for a deadline (or a `period` when only a duration is stated).
    """

    kind: RequirementKind
    comparison: Comparison
    quantity: Quantity | None = None
    name: str | None = None
    due: date | None = None
    period: timedelta | None = None
    evidence: Evidence

    @model_validator(mode="after")
    def _one_value(self) -> TechnicalRequirement:
        values = (self.quantity, self.name, self.due, self.period)
        if sum(value is not None for value in values) != 1:
            raise ValueError("exactly one of quantity, name, due and period must be set")
        return self


class Feasibility(FrozenModel):
    """Whether it can be done with what is known, and why."""

    rating: Rating
    reasons: tuple[Finding, ...] = ()
    obstacles: tuple[Finding, ...] = ()


class Risk(Finding):
    """Something that may go wrong, graded on 1 (slight, rare) to 5 (severe, near certain)."""

    severity: int = Field(ge=1, le=5)
    severity_reason: str
    likelihood: int = Field(ge=1, le=5)
    likelihood_reason: str

    @property
    def exposure(self) -> int:
        """Severity times likelihood: 1 to 25."""
        return self.severity * self.likelihood


class RiskAssessment(FrozenModel):
    """The risks found, greatest exposure first."""

    risks: tuple[Risk, ...] = ()


class RoadmapImpact(FrozenModel):
    """What on the roadmap the requirement needs first, and what it collides with."""

    depends_on: tuple[Finding, ...] = ()
    collides_with: tuple[Finding, ...] = ()


class RecommendedArchitecture(FrozenModel):
    """The shape of the solution that the evidence and the requirements point to; None when they do not."""

    pattern: str | None = None
    reasons: tuple[Finding, ...] = ()


class EstimatedComplexity(FrozenModel):
    """How hard it is, and what makes it so."""

    rating: Rating
    drivers: tuple[Finding, ...] = ()


class ImplementationTimeline(FrozenModel):
    """How long it may take, as a range in whole weeks; None where nothing gives a basis."""

    minimum_weeks: int | None = Field(default=None, ge=1)
    maximum_weeks: int | None = Field(default=None, ge=1)
    drivers: tuple[Finding, ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> ImplementationTimeline:
        if (self.minimum_weeks is None) != (self.maximum_weeks is None):
            raise ValueError("a range has both ends or neither")
        if self.minimum_weeks and self.maximum_weeks and self.minimum_weeks > self.maximum_weeks:
            raise ValueError("minimum_weeks must not exceed maximum_weeks")
        return self


class TechnicalPerspective(Labelled):
    """Artemis's analysis of a requirement."""

    query: str
    technical_requirements: tuple[TechnicalRequirement, ...]
    feasibility: Feasibility
    strategic_technical_alignment: StrategicAlignment
    risk_assessment: RiskAssessment
    roadmap_impact: RoadmapImpact
    recommended_architecture: RecommendedArchitecture
    estimated_complexity: EstimatedComplexity
    implementation_timeline: ImplementationTimeline
    implementation_recommendations: tuple[Recommendation, ...]
    confidence_score: Confidence


class AlignmentAnalysis(FrozenModel):
    """Where the two perspectives agree and where they pull apart."""

    agreements: tuple[Finding, ...] = ()
    conflicts: tuple[Finding, ...] = ()


class StrategicSynthesis(Labelled):
    """The two perspectives joined."""

    alignment_analysis: AlignmentAnalysis
    strategic_implications: tuple[Finding, ...]
    synthesis_insights: tuple[Finding, ...]
    executive_summary: tuple[Finding, ...]
    """Sentences to be read aloud in order, within a minute; each with its evidence."""


class AnalysisDomain(StrEnum):
    """Who took part in an analysis."""

    SOPHIA = "sophia"
    ARTEMIS = "artemis"
    CEO_KNOWLEDGE = "ceo_knowledge"


class ConfidenceScores(FrozenModel):
    """Confidence of each perspective and of both together."""

    business: Confidence
    technical: Confidence
    overall: Confidence


class Degradation(FrozenModel):
    """A part that is missing from a result, and why, without content."""

    part: str
    """The field of the result that is missing or poorer than it should be."""
    reason: str


class CollaborationMetadata(FrozenModel):
    """What an analysis is, apart from what it says."""

    analysis_id: str
    analysis_timestamp: UtcDatetime
    requester: str
    domains_involved: tuple[AnalysisDomain, ...]
    confidence_scores: ConfidenceScores
    confidentiality_level: ConfidentialityLevel
    evidence_count: int = Field(ge=0)
    """Distinct quotes cited."""
    categories_without_evidence: tuple[KnowledgeCategory, ...]
    """Categories that were asked and had nothing that bears on the requirement."""
    reasoner: str
    """What did the thinking, for example `extractive`."""
    degraded: tuple[Degradation, ...] = ()


class ComprehensiveAnalysis(Labelled):
    """The result of the five phases. A part that a failed phase owed is None and named in `degraded`."""

    requirement: str
    business_perspective: BusinessPerspective | None
    technical_perspective: TechnicalPerspective | None
    strategic_synthesis: StrategicSynthesis | None
    unified_recommendations: tuple[Recommendation, ...]
    collaboration_metadata: CollaborationMetadata
