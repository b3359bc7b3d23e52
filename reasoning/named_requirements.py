"""Requirements that are names: compliance regimes, where data must stay, systems to integrate with.

A regime is required when it is named and not denied. A region is required when a word of hosting or
keeping points at it. A system is required when a word of integration points at it; being mentioned
is not enough.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class NamedMention(NamedTuple):
    """A name in its standard spelling and where it stands: `text[start:end]`."""

    name: str
    start: int
    end: int


_REGIMES = (
    ("GDPR", r"GDPR|General Data Protection Regulation|DSGVO"),
    ("SOC 2", r"SOC ?-?2(?: Type (?:II?|[12]))?"),
    ("SOC 1", r"SOC ?-?1(?: Type (?:II?|[12]))?"),
    ("ISO 27001", r"ISO(?:/IEC)? ?-?27001(?::20\d\d)?"),
    ("ISO 27701", r"ISO(?:/IEC)? ?-?27701(?::20\d\d)?"),
    ("ISO 22301", r"ISO ?-?22301(?::20\d\d)?"),
    ("ISO 9001", r"ISO ?-?9001(?::20\d\d)?"),
    ("ISO 13485", r"ISO ?-?13485(?::20\d\d)?"),
    ("ISO 26262", r"ISO ?-?26262"),
    ("IEC 62443", r"IEC ?-?62443"),
    ("HIPAA", r"HIPAA"),
    ("PCI DSS", r"PCI[ -]?DSS(?: v?\d(?:\.\d){0,2})?|PCI compliance"),
    ("NIS2", r"NIS ?-?2"),
    ("DORA", r"DORA|Digital Operational Resilience Act"),
    ("EU AI Act", r"(?:EU |European )?AI Act"),
    ("EU Data Act", r"(?:EU |European )Data Act"),
    ("Cyber Resilience Act", r"Cyber Resilience Act"),
    ("CCPA", r"CCPA|California Consumer Privacy Act"),
    ("SOX", r"SOX|Sarbanes[- ]Oxley(?: Act)?"),
    ("FedRAMP", r"FedRAMP(?: (?:High|Moderate|Low))?"),
    ("PSD2", r"PSD2"),
    ("MiFID II", r"MiFID (?:II|2)"),
    ("Basel III", r"Basel III"),
    ("CSRD", r"CSRD"),
    ("BSI C5", r"BSI[- ]C5|C5 attestation"),
    ("TISAX", r"TISAX"),
    ("eIDAS", r"eIDAS"),
    ("WCAG", r"WCAG(?: \d\.\d)?(?: AA?A?)?"),
    ("HITRUST", r"HITRUST"),
    ("FDA 21 CFR Part 11", r"21 CFR Part 11"),
    ("GxP", r"GxP"),
)
_REGIME = re.compile(
    r"(?<![\w-])(?:"
    + "|".join(f"(?P<r{i}>{pattern})" for i, (_, pattern) in enumerate(_REGIMES))
    + r")(?![\w])"
)
_DENIED_BEFORE = re.compile(
    r"\b(?:not (?:yet )?(?:subject to|covered by|under|in scope of|need|require)|exempt from"
    r"|outside (?:the scope of )?"
    r"|no need (?:of|for)|without|not|never mind|rather than|instead of"
    r"|nor)\s(?:the\s)?(?:[\w ]{0,12}\s)?$",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    r"^[^.;,]{0,25}?\b(?:(?:does|do|did|is|are) not (?:apply|needed|required|relevant|in scope)"
    r"|(?:is|are) out of scope|(?:isn|doesn|aren)['’]t (?:needed|required|apply))",
    re.IGNORECASE,
)

_REGIONS = {
    "EU": r"EU|European Union|EEA|European Economic Area",
    "Europe": r"Europe",
    "Germany": r"Germany|Frankfurt|German",
    "France": r"France|Paris|French",
    "Netherlands": r"Netherlands|Amsterdam|Dutch",
    "Ireland": r"Ireland|Dublin|Irish",
    "Switzerland": r"Switzerland|Zurich|Swiss",
    "Austria": r"Austria|Vienna|Austrian",
    "Sweden": r"Sweden|Stockholm|Swedish",
    "Norway": r"Norway|Norwegian",
    "Denmark": r"Denmark|Danish",
    "Finland": r"Finland|Finnish",
    "Spain": r"Spain|Spanish",
    "Italy": r"Italy|Italian",
    "Poland": r"Poland|Polish",
    "United Kingdom": r"UK|United Kingdom|Britain|London",
    "United States": r"US|USA|United States",
    "Canada": r"Canada|Canadian",
    "Australia": r"Australia|Australian",
    "India": r"India|Mumbai|Indian",
    "Japan": r"Japan|Tokyo|Japanese",
    "Singapore": r"Singapore",
    "Brazil": r"Brazil|Brazilian",
    "China": r"China",
    "Saudi Arabia": r"Saudi Arabia",
    "United Arab Emirates": r"UAE|United Arab Emirates",
}
_REGION_NAMES = tuple(_REGIONS)
_REGION = "|".join(f"(?P<g{index}>{pattern})" for index, pattern in enumerate(_REGIONS.values()))
_KEEP = (
    r"stays?|remains?|resides?|residency|kept|stored|hosted|hosting|processed|held|located"
    r"|localis\w+"
    r"|localiz\w+|run(?:s|ning)? (?:only )?in|deployed|storage|processing|transferred|moved?"
)
_RESIDENCY = re.compile(
    rf"\b(?:{_KEEP})\b(?:(?!\b(?:customers?|clients|users|offices?|teams?|market|subsidiar"
    rf"|competitors?)\b)[^.;:]){{0,50}}?"
    rf"\b(?:in|within|inside|to|on|of)\s(?:(?:the|a|an)\s)?(?:{_REGION})\b"
)
_REGIONAL = re.compile(
    rf"\b(?:{_REGION})(?:[ -](?:only|based|hosted|resident|sovereign))?[ -]"
    r"(?:data[ -](?:residency|sovereignty|localisation|localization|cent(?:re|er)s?)|hosting|hosted"
    r"|residency|cloud region|regions?\b(?= only)|soil)"
)
_LEAVES = re.compile(rf"\b(?:leav(?:e|es|ing)|outside)\s(?:the\s)?(?:{_REGION})\b")

_SYSTEMS = (
    r"SAP(?: (?:S/4HANA|ECC|BW|Ariba|SuccessFactors|IBP|TM|EWM))?",
    r"S/4HANA",
    r"Salesforce",
    r"ServiceNow",
    r"Workday",
    r"Oracle(?: (?:EBS|Fusion|ERP|NetSuite))?",
    r"NetSuite",
    r"(?:Microsoft )?Dynamics(?: 365)?",
    r"HubSpot",
    r"Snowflake",
    r"Databricks",
    r"(?:Apache )?Kafka",
    r"Slack",
    r"Microsoft Teams",
    r"Jira",
    r"Stripe",
    r"Adyen",
    r"Okta",
    r"(?:Azure )?Active Directory",
    r"Entra ID",
    r"SharePoint",
    r"Zendesk",
    r"Power BI",
    r"Tableau",
    r"BigQuery",
    r"Redshift",
    r"Shopify",
    r"DocuSign",
    r"DATEV",
    r"Twilio",
    r"Splunk",
    r"PagerDuty",
    r"MQTT",
    r"OPC[ -]UA",
    r"EDIFACT",
    r"Siemens [A-Z]\w+",
)
_SYSTEM = re.compile(rf"(?<![\w-])(?:{'|'.join(_SYSTEMS)})(?![\w])")
_INTEGRATION = re.compile(
    r"\b(?:integrat\w*|connect(?:s|ed|or|ors|ion|ions|ing)?|interfac\w+|synchroni[sz]\w*"
    r"|sync(?:s|ed|ing)?"
    r"|interoperat\w*|plug(?:s|ged)? in(?:to)?|feeds?(?: from| into| to)|exchanges? (?:data )?with"
    r"|reads? from|writes? (?:back )?(?:in)?to|talks? to|import(?:s|ed)? from|export(?:s|ed)? to"
    r"|pass(?:es|ed)? [^.;,]{1,40} to|works? in|(?:data|events?|records?|orders?"
    r"|contracts?)[^.;,]{0,30} (?:in|into|from|to)|single sign-on (?:with|through|via)"
    r"|log in (?:with|through)|available (?:in|to) |API (?:of|for|to))\b",
    re.IGNORECASE,
)
_NOT_INTEGRATED = re.compile(
    r"\b(?:no|not|without|instead of|replac\w+|never)\b[^.;,]{0,25}$", re.IGNORECASE
)
_NAME = r"[A-Z][\w/&.-]*[\w](?: (?:[A-Z][\w/&-]+|365)){0,2}"
_WITH_NAMES = re.compile(
    r"\b[Ii]ntegrat\w*(?: \w+){0,2}? (?:with|into|to) (?P<names>(?:(?:our|the|their|its|existing"
    r"|in-house|legacy|both"
    rf"|customers['’]|customer) )*{_NAME}(?:(?:, and |, or |, | and | or )(?:(?:our|the|their"
    rf"|existing|in-house) )*{_NAME}){{0,8}})"
)
_FROM_NAME = re.compile(
    r"\b(?:data|events?|records?|readings?|orders?|messages?)\b[^.;,]{0,25}? (?:come|comes"
    r"|coming|taken|read|received|delivered) from"
    rf" (?:the |our )?(?P<names>{_NAME})"
)
_ONE_NAME = re.compile(_NAME)
_NOT_SYSTEMS = re.compile(
    r"(?:Q[1-4]|EUR|USD|GBP|EU|API|APIs|ERP|CRM|IT|AI|The|We|It|This|All|January|February|March"
    r"|April|May|June"
    r"|July|August|September|October|November|December|Germany|France|Europe|Microsoft|S)(?:\b|$)"
)


def regimes_in(sentence: str) -> tuple[NamedMention, ...]:
    """Return the compliance regimes that *sentence* names and does not deny."""
    found: list[NamedMention] = []
    for match in _REGIME.finditer(sentence):
        before = sentence[max(0, match.start() - 50) : match.start()]
        if _DENIED_BEFORE.search(before) or _DENIED_AFTER.match(sentence[match.end() :][:60]):
            continue
        name = _REGIMES[int((match.lastgroup or "r0")[1:])][0]
        found.append(NamedMention(name, match.start(), match.end()))
    return tuple(found)


def regions_in(sentence: str) -> tuple[NamedMention, ...]:
    """Return the regions in which *sentence* says that something is hosted, kept or processed."""
    matches = [*_RESIDENCY.finditer(sentence), *_REGIONAL.finditer(sentence)]
    matches += _LEAVES.finditer(sentence)
    found: list[NamedMention] = []
    for match in sorted(matches, key=lambda match: match.start()):
        group = next(name for name, value in match.groupdict().items() if value)
        name = _REGION_NAMES[int(group[1:])]
        found.append(NamedMention(name, match.start(), match.end()))
    return tuple(found)


def systems_in(sentence: str) -> tuple[NamedMention, ...]:
    """Return the systems that *sentence* says to integrate with.

    Known products count after any word of integration; other names only in "integrate with NAME".
    """
    cue = _INTEGRATION.search(sentence)
    if cue is None:
        return ()
    found: dict[str, NamedMention] = {}
    for match in _SYSTEM.finditer(sentence):
        if not _NOT_INTEGRATED.search(sentence[max(0, match.start() - 40) : match.start()]):
            name = match.group().removeprefix("Microsoft Dynamics").strip() or match.group()
            found.setdefault(name, NamedMention(name, match.start(), match.end()))
    covered = [(mention.start, mention.end) for mention in found.values()]
    for listed in [*_WITH_NAMES.finditer(sentence), *_FROM_NAME.finditer(sentence)]:
        for match in _ONE_NAME.finditer(sentence, listed.start("names"), listed.end("names")):
            overlaps = any(match.start() < end and start < match.end() for start, end in covered)
            if overlaps or _NOT_SYSTEMS.match(match.group()) or _REGIME.match(match.group()):
                continue
            found.setdefault(match.group(), NamedMention(match.group(), match.start(), match.end()))
    return tuple(sorted(found.values(), key=lambda mention: mention.start))


def mentions_regime(sentence: str, name: str) -> bool:
    """Whether *sentence* names the regime *name* at all, denied or not."""
    return any(
        _REGIMES[int((match.lastgroup or "r0")[1:])][0] == name
        for match in _REGIME.finditer(sentence)
    )


def mentions_region(sentence: str, name: str) -> bool:
    """Whether *sentence* names the region *name*, its adjective or its usual hosting city."""
    pattern = _REGIONS.get(name)
    return bool(pattern and re.search(rf"\b(?:{pattern})\b", sentence))


def is_standard_name(text: str) -> bool:
    """Whether *text* is the name of a known system, regime or region, and so of no topic's own."""
    if _SYSTEM.fullmatch(text) or _REGIME.fullmatch(text):
        return True
    return any(re.fullmatch(pattern, text) for pattern in _REGIONS.values())
