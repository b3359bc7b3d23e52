"""The wording that gives a sentence its role: one list a role, written in lower case.

Entries are separated by semicolons; each is a small regular expression between word boundaries, without
unbounded repetition. A line may break after a bar; `<word>` and its like stand for the shared wording
below. Entries that hold their own negation ("no decision has been taken") count as they stand, all others
only when nothing takes them back.
"""

from __future__ import annotations

import re
from enum import StrEnum

from reasoning.wording import pattern_of


class Role(StrEnum):
    """What a sentence does for a reader who has to decide."""

    RISK = "risk"
    OPPORTUNITY = "opportunity"
    DECISION = "decision"
    """Someone is asked to decide, approve or choose."""
    SUPPORT = "support"
    """Intent, commitment or priority."""
    CONFLICT = "conflict"
    """A limit, a freeze, a delay or a contradiction."""
    DEPENDENCY = "dependency"
    PROGRESS = "progress"
    """A step or a matter that is finished."""
    METRIC = "metric"
    """A figure with a unit, a percentage or an amount of money."""
    STRENGTH = "strength"
    WEAKNESS = "weakness"
    TREND = "trend"


_SHARED = {
    "<said>": (
        r"(?:(?!not |no |never |will |to |must |should |can |could |may |would |until |if |once |nearly "
        r"|almost |half )\w{1,12} )"
    ),
    "<word>": r"(?:(?!not |no |never )\w{1,12} )",
    "<we>": (
        r"(?:we|(?:the )?(?:executive |supervisory |management "
        r")?(?:board|committee|team|group|company|management|council|executives|directors"
        r"|ceo|cfo|coo|cto|cio|ciso|chro|cmo|founders|shareholders))"
    ),
    "<decider>": (
        r"(?:the )?(?:executive |supervisory |management |audit |steering "
        r")?(?:board|committee|ceo|cfo|coo|cto|cio|management|leadership|executives?|executive "
        r"team|directors|shareholders|council|you)"
    ),
    "<decide>": (
        r"(?:decide|choose|approve|sign "
        r"off|confirm|authori[sz]e|select|agree|ratify|pick|release|endorse|settle|rule "
        r"on|commit|rank|prioriti[sz]e)"
    ),
    "<lose>": (
        r"(?:lose|fail|lapse|slip|breach|miss|cost|leave|damage|delay|stop|halt|trigger|expose|cancel|terminate|run"
        r" out|collapse|default|overrun|disrupt|erode|hurt|walk away|fall short)"
    ),
    "<gain>": (
        r"(?:win|grow|add|gain|save|open|expand|unlock|reach|double|bring|sell|earn|raise|capture|halve"
        r"|cut|free|recover|offer|become|serve|extend|convert)"
    ),
}
"""Wording that several entries share; `<word>` is any word that does not negate."""

_WORDING = {
    Role.RISK: r"""
        risks?; risky; threat(?:s|en|ens|ened|ening)?; expos(?:ure|ed|es) to; exposures?; vulnerab\w{1,12};
        breach(?:es|ed|ing)?; outages?; penalt(?:y|ies);
        (?:could|may|might|would|will) (?:also |still |then |well )?<lose>; fines? (?:of|up to); loss of;
        churn\w{0,3}; insolven\w{2,4}; bankrupt\w{0,3}; shortages?; attrition; litigation; lawsuits?;
        sue[sd]?; single point of failure; single[- ]sourced?; (?:sole|only) (?:source|supplier);
        injunctions?; unauthori[sz]ed; ransomware; phishing; attack(?:s|ed|ers?)?; incidents?; fraud;
        downgrade[ds]?; impairments?; end[- ]of[- ](?:life|support); unpatched; overruns?; danger(?:ous)?;
        jeopard\w{2,5}; warn(?:s|ed|ing)?(?: that| of)?; worst case; downside; concentration; in default;
        key[- ]person; runway of; runs? out of; poach\w{0,3}; recall(?:s|ed)? of; non-?complian(?:ce|t);
        leak(?:s|ed)?; infring\w{1,6}; terminat(?:es?|ion); dependence on (?:a single|one)
    """,
    Role.OPPORTUNITY: r"""
        opportunit(?:y|ies); could (?:also |then |now )?<gain>; upside; untapped; white ?space;
        under-?served; unserved; potential (?:to|of|for|partners?|customers?); would (?:also |then )?<gain>;
        pipeline (?:of|worth); willing to (?:pay|buy|sign|pilot);
        (?:is|are) (?:open to|interested in|keen (?:on|to)); interest(?:ed)? in (?:a|an|our|buying);
        (?:customers?|clients?|buyers?|prospects?|accounts?) <word>{0,5}(?:asks?|asked|asking) for;
        demand (?:for|exceeds|outstrips); cross-?sell\w{0,3}; up-?sell\w{0,3}; first[- ]mover;
        no (?:other )?(?:competitor|rival|vendor|provider) <word>?(?:offers|has|serves|provides);
        worth up to; room to; subsid(?:y|ies); grants? (?:of|from|worth); attractive;
        offer(?:s|ed) (?:us|to) <word>{0,3}(?:co-?sell|partner|resell|distribut\w{1,4}|invest\w{0,4});
        co-?sell(?:ing)?; resell(?:er|ers|ing)? (?:agreement|interest|deal); new (?:market|segment)s?;
        opens? (?:the |a |up )?(?:door|way|market|window); letter of intent;
        (?<!we )would (?:pay|buy|sign|switch|move to us); approached us
    """,
    Role.DECISION: r"""
        (?:is|are|was|were|be) asked to <word>{0,2}<decide>;
        asks? <decider> (?:and <word>{1,6})?(?:to|for|whether);
        asks? for (?:our|an|a) (?:answer|reply|decision|position(?! every| per));
        (?:answer|reply|response) (?:is )?due; <decider> (?:is|are) asked;
        (?:requests?|needs?|requires?|seeks?|awaits?|awaiting|pending) <word>{0,2}(?:approval|decision|
        sign-?off|go-ahead|mandate);
        decisions? <word>?(?:needed|required|requested|due|pending|outstanding|wanted);
        decisions? (?:is|are) (?:still )?(?:open|due|needed|required|pending|outstanding);
        decision (?:asked|needed|required|requested); decision by; decision:;
        <decider> (?:must|should|has to|have to|needs? to) <word>{0,1}<decide>;
        we (?:must|have to|need to|should) <word>{0,1}<decide>;
        (?:must|needs? to|has to|have to|should|to) be (?:decided|approved|chosen|signed off|settled);
        approval (?:is )?(?:needed|required|requested|sought|pending|outstanding); for decision;
        for <word>?approval; please <decide>; we ask <word>{1,4}to <decide>;
        (?:we|management|i|(?:the )?(?:committee|team|cfo|cto|coo|cio|ciso|chro)) (?:recommends?|proposes?);
        (?:recommendation|proposal|request|ask)(?: to the \w{1,12})?:; go/no-go;
        open (?:question|decision|choice)s?;
        (?:no|without a) decision (?:has|was|is) <word>{0,2}(?:made|taken|reached);
        decision (?:is )?(?:expected|wanted); (?:remains|is still) (?:open|to be decided);
        (?<!to )decides? (?:by|before|whether|between|on|at|in); must choose; we recommend;
        sign-?off (?:is )?(?:needed|required|pending); up for (?:a )?decision
    """,
    Role.SUPPORT: r"""
        <we> (?:will|shall|plans?|intends?|aims?|commits?|committed|agreed|decided|approved|endorsed|
        authori[sz]ed|backs?|backed|chose|confirmed|has (?:decided|approved|agreed|committed|confirmed|
        chosen)|have (?:decided|approved|agreed|committed|chosen)|(?:is|are) committed)(?! (?:not|never|
        need|be (?:late|delayed|unable)));
        (?:top |first |highest |key |strategic |number one |main )?priorit(?:y|ies)(?! \d);
        prioriti[sz]e[sd]?; approved; committed to; commitment to; must-win;
        strategic (?:goal|objective|aim|focus|pillar|bet|intent|target|theme)s?;
        (?:our|its|this year's|next year's) (?:goal|aim|objective|ambition|strategy|intent) (?:is|for|to);
        focus(?:es|ed|ing)? on; invest(?:s|ed|ing|ment|ments)? in; is funded; (?:fully )?funded;
        budget <word>{0,3}(?:approved|agreed|released|set aside); earmarked;
        ^(?:lift|raise|cut|reduce|grow|build|win|double|halve|launch|expand|deliver|put|bring|hold|
        keep)(?= \w); (?:is|are) to be <word>{0,4}(?:by|in|on|before); sponsor(?:s|ed)? by; set aside
    """,
    Role.CONFLICT: r"""
        cannot; can not; (?:will|must|may|shall|should) not exceed; envelope (?:for|of); can't; frozen;
        (?:hiring |spending |change |feature |code |budget )freeze; exceed(?:s|ed|ing)?;
        over (?:budget|plan|capacity); overspen[dt]; capped; cap of; ceiling of; no more than; limited to;
        (?:upper )?limit of; not before; no earlier than; not until; delay(?:s|ed|ing)?; postpone[ds]?;
        slip(?:s|ped|ping)?; contradict\w{0,5}; conflict(?:s|ed|ing)?(?: with)?; at odds with; incompatible;
        inconsistent with; mutually exclusive; prohibit\w{0,3}; forbid\w{0,3}; ban(?:s|ned);
        no <word>?(?:capacity|budget|headcount|funding|room|free \w{1,12}|slack|staff|new hires);
        not (?:yet )?(?:possible|allowed|permitted|funded|budgeted|approved|staffed|available|compatible);
        (?:will|may|must|shall|should|does|do) not <word>?(?:enter|start|begin|support|allow|permit|add|
        hire|leave|buy|fund|spend|move|approve|accept|proceed|offer|cover|run|fit|ship|launch); won't;
        insufficient; short of; shortfall; rule[ds]? out; on hold; paused; suspended; halted;
        fully (?:booked|allocated|committed|utili[sz]ed); blocked; blocks?(?= (?:the|any|all|us|our));
        competes? (?:with|for) (?:the same|our|resources|people); same (?:team|engineers|people|budget);
        only after; too late; would not (?:have )?help\w{0,3}; not (?:our|the|a) bottleneck;
        collid\w{1,4}; clash\w{0,3}; stands? against;
        until (?:at least|further notice); moratorium
    """,
    Role.DEPENDENCY: r"""
        depend(?:s|ed|ing|ent|ant|ence|ency|encies)? (?:up)?on; depends; dependenc(?:y|ies); requires?;
        requiring; (?:is|are) required (?:before|for|to|by); blocked by; blocked until; prerequisites?;
        preconditions?; relies on; rely on; reliant on; contingent (?:up)?on; conditional on; subject to;
        (?:hinges|rests|builds|waits) on;
        once (?:\w{1,14} ){1,8}(?:(?:is|are|has|have) \w{2,14}|lands|closes|ends|signs|completes);
        needs? (?:\w{1,14} ){1,6}(?:first|before); waiting (?:for|on); only (?:after|when|once|if);
        provided (?:that )?; gated (?:by|on); before (?:\w{1,14} ){1,6}can;
        cannot (?:\w{1,14} ){1,6}(?:before|until|without|unless); not (?:\w{1,14} ){0,4}(?:until|unless);
        after (?:\w{1,14} ){1,6}(?:is|are|has been|have been) (?:finished|completed?|done|live|signed|ready)
    """,
    Role.PROGRESS: r"""
        resolved; closed; completed?; finished; (?:is|was|are|were|been) done; delivered; shipped;
        (?:went|gone|goes|is|are|now) live; launched; signed; achieved; passed; settled; concluded; fixed;
        remediated; mitigated; rolled out; withdrawn; migrated; retired; decommissioned; handed over;
        in production; met the;
        (?:no longer|not any more)(?: a| an)?(?: \w{1,12})? (?:risk|issue|blocked|open|problem|concern|
        at risk)
    """,
    Role.METRIC: r"""
        \d[\d.,]{0,15}(?: |-)?(?:%|per ?cent|percent\w{0,6}|pp|bps|basis points)(?!\w);
        (?:eur|usd|gbp|chf|sek|nok|dkk|pln|jpy)[ ]?\d[\d.,]{0,15};
        \d[\d.,]{0,15}[ ]?(?:eur|usd|gbp|chf|sek|nok);
        \d[\d.,]{0,15}[ -]?(?:m|bn|k|million|billion|thousand|mn);
        \d[\d.,]{0,15}[ -]?(?:ms|milliseconds?|seconds?|minutes?|hours?|days?|weeks?|months?|years?|fte|
        ftes|people|employees|engineers|staff|customers|accounts|users|tickets|sites|units|deals|points|
        hires|gb|tb|pb|mb|kg|tonnes?|mw|kwh|mwh|gwh|km|requests|transactions|orders|events|incidents|seats|
        licen[cs]es|vehicles|trucks|warehouses|suppliers|parcels|shipments|pallets|patients|stores);
        \d[\d.,]{0,15} [a-z]{3,20}s
    """,
    Role.STRENGTH: r"""
        lead(?:s|er|ers)?(?! time| to| times| engineer| architect| author| buyer); leading(?! to);
        strong(?:er|est|ly)?; strengths?; ahead of; advantages?; best[- ]in[- ]class; outperform\w{0,3};
        awards?; awarded; record (?:quarter|year|month|high|revenue|sales); won;
        above (?:plan|target|budget|forecast|benchmark|average); improv(?:ed|es|ing|ement); beats?;
        prefer(?:s|red)?; unique(?:ly)?; loyal\w{0,2}; trusted; praised?; differentiat\w{1,5}; healthy;
        resilient; unmatched; satisfied; well ahead;
        (?:churn|attrition|turnover|cost|costs|defects|complaints|latency) <word>{0,2}(?:fell|dropped|
        declined|halved|improved|is down|went down|down); renewed
    """,
    Role.WEAKNESS: r"""
        weak(?:er|est|ness|nesses|ened|ening)?;
        behind (?:plan|target|schedule|budget|competitors|rivals|peers|
        the (?:plan|market|rest|others|times|curve|schedule|competition|leaders?)); lag(?:s|ged|ging)?; lost;
        losing; below (?:plan|target|budget|forecast|benchmark|average|the); lack(?:s|ing|ed)?;
        miss(?:ed|es|ing); slow(?:er|est|ed)?; complain(?:s|ed|t|ts|ing)?; poor(?:ly)?; dissatisf\w{3,6};
        under-?perform\w{0,3}; gaps?; shortages?; outdated; legacy;
        too (?:slow|expensive|few|old|complex|long); fell short; under-?staffed; under-?funded;
        manual(?:ly)?; failed; fails; unreliable; backlog; technical debt; unhappy;
        cheaper than (?:us|ours?); undercut\w{0,4}
    """,
    Role.TREND: r"""
        gr(?:ow|ows|owing|own|ew|owth); declin\w{1,3}; (?:rise|rises|rising|risen|rose);
        (?:fall|falls|falling|fallen|fell)(?! short); increas\w{1,3}; decreas\w{1,3};
        (?:up|down) (?:from|by|\d); doubl(?:ed|ing|es); tripl(?:ed|ing|es); halved;
        shr(?:ink|inks|inking|ank|unk); shift(?:s|ing|ed)? (?:to|towards?|from|away); trend\w{0,3};
        (?:quarter|year|month)[- ](?:on|over)[- ](?:quarter|year|month); accelerat\w{1,3};
        consolidat\w{1,3}; climb\w{0,3}; more and more; drop(?:s|ped|ping)?; expand(?:s|ed|ing);
        contract(?:ing|ed) (?:by|market); mov(?:es|ing|ed) (?:away|towards?|from); went from;
        improv(?:ed|es|ing) (?:from|by|to); slow(?:ed|ing)(?: down)?
    """,
}

_NO_CLAIM_WORDING = {
    Role.RISK: r"""
        risk[- ](?:committee|register|management|appetite|officer|function|report|team|policy|review|owner|
        category|model|assessment|workshop|framework);
        (?:churn|attrition|outages?|incidents?) <word>{0,2}(?:fell|dropped|declined|halved|improved|
        is down|went down|down); incident (?:response|management|process|review); attack surface management;
        low[- ]risk; lower(?:s|ed|ing)? (?:the |our )?risk;
        (?:reduc|mitigat|remov|eliminat)\w{1,4} (?:the |our |this )?risks?; risk[- ]free;
        breach notification
    """,
    Role.DECISION: r"""
        (?:we|i) propose that(?! (?:we|the (?:board|company|management|group|committee|team))\b|
        \s<word>{1,6}(?:should|be)\b);
        (?:we|i) (?:recommend|propose) (?:an?|the|this|our) <word>{0,3}(?:approach|models?|method|mechanisms?|
        framework|algorithm|hypothes[ie]s|theory|explanation|concept);
        (?:we|i) (?:recommend|propose) <word>?(?:research|studies|experiments|investigations);
        decisions? (?:which|that) (?:needed|required|requested|wanted);
        appeals? (?:of|against) <word>?decisions? (?:is|are) (?:still )?pending
    """,
    Role.SUPPORT: r"""
        (?:low|lower|lowest|no|secondary) priorit(?:y|ies); priority:? \d{1,2};
        priority (?:was|is|has been)? ?(?:raised|lowered|cut|moved|changed);
        (?:to be|be|is|are|was|get|until|if|once) approved(?= (?:by|before))
    """,
    Role.CONFLICT: r"""
        (?:exceptions?|exempt\w{0,4}) (?:from|to) (?:the |a )?(?:\w{1,12} )?freeze
    """,
    Role.STRENGTH: r"""
        award (?:is|announced|planned|date|decision); lead (?:by|with); improvement plan;
        (?:no|lost|losing) <word>?lead
    """,
    Role.WEAKNESS: r"""
        missing(?= you); miss (?:rate|ratio); gap analysis; legal
    """,
    Role.TREND: r"""
        (?:falls?|rises?) (?:back|under|within|due); dropp(?:ed|ing) off
    """,
    Role.PROGRESS: r"""
        closed[- ](?:loop|source|circuit); closed (?:session|meeting|user|group);
        fixed (?:cost|costs|price|fee|term|rate|assets?|income|line); passed (?:on|over|through|away);
        settled (?:on|for); behind closed doors; undersigned; (?:our |its )?signed (?:audit|records?)
    """,
}

_CLOSED_WORDING = r"""
    (?:risk|issue|incident|matter|case|complaint|dispute|investigation|claim|problem|question|file|entry|
    project |audit|finding|status:?) <said>{0,4}(?:closed|resolved|settled|withdrawn|remediated|cancelled|
    canceled |discontinued|over); ^(?:closed|resolved|withdrawn|settled)\b; closes the last \w{1,12};
    no further action; (?:is|are|was|were|has been) now (?:closed|resolved|settled|withdrawn);
    no longer (?:a |an |at )?(?:\w{1,12} )?(?:risk|issue|open|problem|concern|threat);
    nothing (?:is )?(?:left open|outstanding)
"""

_UNFINISHED_WORDING = r"""
    will; to; must; should; can; could; may; might; would; once; until; if; when; unless; before; shall;
    after; by; target(?:ed)?; expected; half; partly; partially; almost; nearly; yet;
    \d[\d.]*(?:%| per ?cent| percent)
"""


def _compiled(wording: str) -> re.Pattern[str]:
    return pattern_of(wording, _SHARED)


ROLE_PATTERNS = {role: _compiled(wording) for role, wording in _WORDING.items()}
"""Role -> what gives it, on folded text."""

NO_CLAIM = {role: _compiled(wording) for role, wording in _NO_CLAIM_WORDING.items()}
"""Role -> set phrases that hold its words and do not give it ("risk committee")."""

CLOSED = _compiled(_CLOSED_WORDING)
"""What says that a whole matter is over."""

UNFINISHED = _compiled(_UNFINISHED_WORDING)
"""What, before "closed" or "completed", says that it is not so yet."""
