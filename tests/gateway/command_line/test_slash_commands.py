import pytest

from domain.errors import InvalidInput
from domain.sessions import Route
from gateway.command_line.slash_commands import USAGES, Order, find_order


def test_every_order_is_in_the_help():
    assert set(USAGES) == set(Order)


def test_what_begins_with_a_slash_is_an_order_and_nothing_else_is():
    given = find_order("/Open  2 ")
    assert given is not None
    assert (given.order, given.number()) == (Order.OPEN, 2)
    assert find_order("What is 1/2 of it? /open 2") is None


def test_an_order_may_do_without_its_number_where_there_is_a_usual_one():
    given = find_order("/history")
    assert given is not None
    assert given.number(otherwise=10) == 10


def test_ask_says_who_is_to_answer_and_keeps_the_text_as_it_is():
    given = find_order("/ask Artemis Can we\nbuild it?")
    assert given is not None
    assert given.route() == (Route.ARTEMIS, "Can we\nbuild it?")


@pytest.mark.parametrize("line", ["/", "/opne 2", "/etc/passwd"])
def test_an_unknown_order_is_refused_and_no_message(line: str):
    with pytest.raises(InvalidInput, match="/help"):
        find_order(line)


@pytest.mark.parametrize("argument", ["", "two", "0", "-1", "²"])
def test_what_is_no_number_is_refused_by_an_example(argument: str):
    given = find_order(f"/open {argument}")
    assert given is not None
    with pytest.raises(InvalidInput, match="/open 1"):
        given.number()


def test_an_unknown_answerer_is_refused_by_the_list_of_them():
    given = find_order("/ask oracle what now?")
    assert given is not None
    with pytest.raises(InvalidInput, match="sophia, artemis, both, knowledge"):
        given.route()
