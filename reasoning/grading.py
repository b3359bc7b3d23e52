"""How severe and how likely a stated risk is, on 1 to 5, by the words that say so.

A grade that the sentence states ("severity: high", "40% probability") goes before wording; wording is
read from the gravest to the slightest, except that "minor" and "unlikely" speak for the whole sentence.
Each grade comes with the words that set it; without any it is the middle, and says so.
"""

from __future__ import annotations

import re

from reasoning.wording import asserted, folded

_SEVERITY_NAMES = {5: "severe", 4: "serious", 3: "moderate", 2: "minor", 1: "negligible"}
_LIKELIHOOD_NAMES = {5: "near certain", 4: "likely", 3: "possible", 2: "unlikely", 1: "rare"}
_STATED_SEVERITIES = {
    "critical": 5, "very high": 5, "severe": 5, "catastrophic": 5, "5": 5,
    "high": 4, "major": 4, "significant": 4, "serious": 4, "large": 4, "4": 4,
    "medium": 3, "moderate": 3, "3": 3,
    "low": 2, "minor": 2, "small": 2, "limited": 2, "2": 2,
    "very low": 1, "negligible": 1, "none": 1, "1": 1,
}  # fmt: skip
_STATED_LIKELIHOODS = {
    "almost certain": 5, "near certain": 5, "certain": 5, "very high": 5, "very likely": 5, "5": 5,
    "high": 4, "likely": 4, "probable": 4, "4": 4,
    "medium": 3, "moderate": 3, "possible": 3, "3": 3,
    "low": 2, "unlikely": 2, "2": 2,
    "very low": 1, "very unlikely": 1, "rare": 1, "remote": 1, "1": 1,
}  # fmt: skip


def _stated_pattern(names: str, grades: dict[str, int], before: str) -> re.Pattern[str]:
    grade = "|".join(sorted(grades, key=len, reverse=True))
    return re.compile(
        rf"\b(?:{names})(?: is| of|:|=|(?: [\w'-]{{1,20}}){{0,9}}:)? (?P<grade>{grade})(?![\w%]|\.\d)"
        rf"|\b(?P<grade_before>{grade})[- ](?:{before})\b"
    )


_STATED_SEVERITY = _stated_pattern(
    "severity|impact|criticality", _STATED_SEVERITIES, "severity|impact"
)
_STATED_LIKELIHOOD = _stated_pattern(
    "likelihood|probability", _STATED_LIKELIHOODS, "likelihood|probability"
)
_PERCENT_LIKELIHOOD = re.compile(
    r"(?P<percent>\d{1,3})(?:\.\d{1,3})?(?: ?%| per ?cent| percent)"
    r" (?:probability|chance|likelihood|likely)"
    r"|(?:probability|chance|likelihood) (?:\w{1,12} ){0,6}"
    r"(?P<percent_after>\d{1,3})(?: ?%| per ?cent| percent)"
)
_MIDDLE = 3
_PERCENT_BOUNDS = ((10, 1), (30, 2), (60, 3), (85, 4))


def _words(*wording: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(wording)})(?!\w)")


_SEVERITY = (
    (5, _words(
        r"insolven\w{2,4}", r"bankrupt\w{0,3}",
        r"(?:loss of|lose|losing) (?:the |our |its )?(?:operating |banking )?licen[cs]e",
        r"existential", r"catastroph\w{1,4}", r"fatal\w{0,4}", r"data (?:breach|leak|loss)", r"ransomware",
        r"going concern", r"criminal", r"covenant breach", r"breach (?:\w{1,12} ){0,3}covenants?",
        r"stops? (?:all |the |our )?(?:production|sales|shipping|operations)", r"severe(?:ly)?", r"critical",
        r"shut(?:ting)? down", r"loss of life", r"hostile", r"run out of cash",
    )),
    (2, _words(
        r"minor", r"slight(?:ly)?", r"manageable", r"contained", r"modest", r"limited impact", r"tolerable",
    )),
    (1, _words(r"negligible", r"cosmetic", r"trivial", r"immaterial", r"insignificant")),
    (4, _words(
        r"major", r"serious(?:ly)?", r"significant(?:ly)?", r"substantial(?:ly)?", r"penalt(?:y|ies)",
        r"fines?", r"lawsuits?", r"litigation", r"outages?", r"breach(?:es|ed)?", r"loss of", r"lose",
        r"losing", r"terminat\w{1,4}", r"recall(?:s|ed)?", r"downgrade[ds]?", r"halt(?:s|ed)?", r"insecure",
        r"single point of failure", r"sole (?:source|supplier)", r"single[- ]sourced?", r"impairments?",
        r"our largest", r"largest customer",
        r"(?:lose|loss(?:es)?|costs?|penalt(?:y|ies)|claims?|damages?|exposure)"
        r"(?: [\w:]{1,12}){0,4} "
        r"(?:(?:eur|usd|gbp|chf) ?|[€$£])[1-9]\d{0,2}(?:[.,]\d{1,3})? ?(?:million|m|bn|billion)",
        r"infring\w{1,6}",
    )),
    (3, _words(
        r"moderate(?:ly)?", r"delay(?:s|ed)?", r"slip(?:s|ped|page)?", r"shortages?", r"attrition", r"churn",
        r"overruns?", r"postpone[ds]?", r"dependen(?:ce|cy)", r"incidents?", r"threat(?:s|en|ens|ened)?",
    )),
)  # fmt: skip
_LIKELIHOOD = (
    (1, _words(r"rare(?:ly)?", r"remote(?! work| access| site)", r"(?:very|highly|extremely) unlikely",
               r"improbable", r"far-fetched")),
    (2, _words(r"unlikely", r"low chance", r"small chance")),
    (5, _words(r"almost certain(?:ly)?", r"near certain", r"certain to", r"inevitabl[ey]", r"already",
               r"(?:highly|very|extremely) (?:likely|probable)", r"ongoing", r"again", r"recurring",
               r"(?:second|third|fourth|fifth) time", r"has (?:begun|started|happened|occurred)",
               r"is happening", r"unavoidable")),
    (4, _words(r"likely", r"probabl[ey]", r"expect(?:s|ed)? to", r"we expect", r"imminent",
               r"will (?:lose|fail|end|expire|lapse|slip|run out|exceed|breach|miss|cost|stop|leave|not be)",
               r"increasing(?:ly)?", r"rising", r"growing", r"on course to")),
    (3, _words(r"may", r"might", r"could", r"possibl[ey]", r"if", r"would")),
)  # fmt: skip


def severity_of(sentence: str) -> tuple[int, str]:
    """Return how bad it would be, 1 (negligible) to 5 (severe), and the reason, naming the words."""
    text = folded(sentence)
    return (
        stated_severity(sentence)
        or _by_wording(text, _SEVERITY, _SEVERITY_NAMES)
        or (_MIDDLE, "no wording about severity; taken as moderate")
    )


def likelihood_of(sentence: str) -> tuple[int, str]:
    """Return how likely it is, 1 (rare) to 5 (near certain), and the reason, naming the words."""
    text = folded(sentence)
    return (
        stated_likelihood(sentence)
        or _by_wording(text, _LIKELIHOOD, _LIKELIHOOD_NAMES)
        or (_MIDDLE, "no wording about likelihood; taken as possible")
    )


def stated_severity(sentence: str) -> tuple[int, str] | None:
    """Return the severity that *sentence* states as a grade ("Impact: major"), with the words."""
    stated = _stated(_STATED_SEVERITY, _STATED_SEVERITIES, folded(sentence))
    return stated and (stated[0], f"{_SEVERITY_NAMES[stated[0]]}: stated as '{stated[1]}'")


def stated_likelihood(sentence: str) -> tuple[int, str] | None:
    """Return the likelihood that *sentence* states as a grade or a percentage, with the words."""
    text = folded(sentence)
    stated = _stated(_STATED_LIKELIHOOD, _STATED_LIKELIHOODS, text) or _stated_percent(text)
    return stated and (stated[0], f"{_LIKELIHOOD_NAMES[stated[0]]}: stated as '{stated[1]}'")


def _stated(pattern: re.Pattern[str], grades: dict[str, int], text: str) -> tuple[int, str] | None:
    match = pattern.search(text)
    if match is None:
        return None
    return grades[match["grade"] or match["grade_before"]], match.group()


def _stated_percent(text: str) -> tuple[int, str] | None:
    match = _PERCENT_LIKELIHOOD.search(text)
    if match is None:
        return None
    percent = int(match["percent"] or match["percent_after"])
    grade = next((grade for bound, grade in _PERCENT_BOUNDS if percent < bound), 5)
    return grade, match.group()


def _by_wording(
    text: str, scale: tuple[tuple[int, re.Pattern[str]], ...], names: dict[int, str]
) -> tuple[int, str] | None:
    for grade, pattern in scale:
        for match in pattern.finditer(text):
            if asserted(text, match):
                return grade, f"{names[grade]}: '{match.group()}'"
    return None
