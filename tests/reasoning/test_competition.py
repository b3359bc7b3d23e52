import pytest

from domain.evidence import RetrievedItem
from reasoning.competition import competitors_in
from tests.reasoning.corpus import C, item


def names_in(*contents: str, others: tuple[str, ...] = ()) -> tuple[str, ...]:
    items = [
        item(f"c-{number}", C.COMPETITIVE_ANALYSIS, text.split(".")[0], text)
        for number, text in enumerate(contents)
    ]
    items += [
        item(f"o-{number}", C.CUSTOMER_INSIGHTS, text, text + " is one of our customers.")
        for number, text in enumerate(others)
    ]
    return competitors_in([RetrievedItem.whole(one) for one in items])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Northwind offers live tracking to all of its customers.", ("Northwind",)),
        ("We lost the tender to Northwind on price alone.", ("Northwind",)),
        ("Northwind's price is 12 per cent below ours in Norway.", ("Northwind",)),
        ("Northwind presented SkyGlass at the fair in Munich last week.", ("Northwind",)),
        ("Hansa Kühl charges nothing for returns within Germany.", ("Hansa Kühl",)),
        ("In March Northwind raised its prices once more.", ("Northwind",)),
    ],
)
def test_who_acts_as_a_rival_is_one(text: str, names: tuple[str, ...]):
    assert names_in(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "January brought two lost tenders in the south of Germany.",
        "The Board offered no comment on what happened there.",
        "Our Tern offers more capacity than any other shipper does.",
        "Denmark and Sweden were cheaper this year than they had been.",
        "They opened a hub in Leiden and hired twenty people.",
        "Prices fell in Q3 and the market took note of it.",
    ],
)
def test_months_places_and_common_words_are_no_rivals(text: str):
    assert names_in(text) == ()


def test_a_customer_who_left_for_a_rival_is_no_rival():
    text = "Tessaro left us for Northwind. Tessaro asked for a shorter contract."
    assert names_in(text, others=("Tessaro",)) == ("Northwind",)


def test_the_most_often_named_rival_comes_first():
    one = "Northwind offers tracking for nothing. Southgate offers it too, at a price."
    two = "Southgate charges more every year. Southgate won two tenders."
    assert names_in(one, two) == ("Southgate", "Northwind")
