"""An analysis asked for by an id: its text stands in no parameter, and only its author can have it made."""

import pytest

from domain.clearance import ConfidentialityLevel
from domain.errors import NotFound
from domain.requests import AnalysisBrief, KeptRequest
from flows import business_analysis, comprehensive_analysis, technical_analysis
from storage.reports import ReportKind
from storage.stores import Stores
from tests.flows.conftest import REQUIREMENT
from tests.stores import CONFIDENTIAL, INTERNAL, PUBLIC


async def keep(
    stores: Stores, author: str, level: ConfidentialityLevel, request_id: str = "kept"
) -> KeptRequest:
    """Store the requirement as `diarchy requests add` does."""
    brief = AnalysisBrief(
        requirement=REQUIREMENT,
        context={"mood": "Customers are impatient."},
        confidentiality_level=level,
        sources=(),
    )
    await stores.reports.save(
        brief,
        report_id=request_id,
        kind=ReportKind.REQUEST,
        reader=await stores.principals.get_reader(author),
        made_from=(),
    )
    return KeptRequest(request_id=request_id)


async def test_the_three_analyses_take_an_id_in_place_of_a_text(company: Stores) -> None:
    kept = await keep(company, "confidential", INTERNAL)
    by_text = await comprehensive_analysis(REQUIREMENT, "confidential")
    by_id = await comprehensive_analysis(kept, "confidential")
    assert by_id.technical_perspective == by_text.technical_perspective
    assert await business_analysis(kept, "confidential") == by_id.business_perspective
    assert (await technical_analysis(kept, "confidential")).confidentiality_level is CONFIDENTIAL


async def test_what_is_made_of_a_secret_requirement_is_as_secret(company: Stores) -> None:
    kept = await keep(company, "confidential", CONFIDENTIAL)
    await company.principals.add("public", PUBLIC)
    business = await business_analysis(kept, "confidential")
    assert business.confidentiality_level is CONFIDENTIAL


async def test_unknown_anothers_and_too_secret_look_alike(company: Stores) -> None:
    kept = await keep(company, "confidential", CONFIDENTIAL)
    denials: list[str] = []
    for asked, requester, bound in [
        (KeptRequest(request_id="unknown"), "confidential", None),
        (kept, "top_secret", None),
        (kept, "confidential", INTERNAL),
    ]:
        with pytest.raises(NotFound) as denied:
            await comprehensive_analysis(asked, requester, max_confidentiality=bound)
        denials.append(str(denied.value))
    assert len(set(denials)) == 1
