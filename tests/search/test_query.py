"""The expression that every engine evaluates."""

import pytest
from pydantic import ValidationError

from search.query import (
    FACETS,
    MAX_LIMIT,
    MAX_OFFSET,
    Expression,
    Query,
    Strictness,
    duration_of,
    expressions,
)
from search.understanding import Alternative, Concept, Understanding


def concept(*alternatives: tuple[str, ...], sound: tuple[str, ...] = ()) -> Concept:
    heard = [Alternative(sound, 0.7, is_sound=True)] if sound else []
    return Concept(" ".join(alternatives[0]), (*(Alternative(tokens, 1.0) for tokens in alternatives), *heard))


def tried(*concepts: Concept) -> list[tuple[Strictness, int]]:
    asked = expressions(Understanding(concepts, ("角形",), ""))
    return [(expression.strictness, expression.least) for expression in asked]


ALL, MOST, ANY = Strictness.ALL, Strictness.MOST, Strictness.ANY
WORDS = [concept((letter,)) for letter in "abcdefgh"]


def test_less_is_asked_for_step_by_step() -> None:
    assert tried() == []
    assert tried(*WORDS[:1]) == [(ALL, 1)]
    assert tried(concept(("三角", "角函"))) == [(ALL, 1), (ANY, 1)]
    assert tried(*WORDS[:2]) == [(ALL, 2), (ANY, 1)]
    assert tried(*WORDS[:3]) == [(ALL, 3), (MOST, 2), (ANY, 1)]
    assert tried(*WORDS[:6]) == [(ALL, 6), (MOST, 5), (ANY, 1)]
    assert tried(*WORDS[:7]) == [(ALL, 7), (ANY, 1)]


def test_joints_go_with_every_step() -> None:
    asked = Understanding(tuple(WORDS[:3]), ("角形",), "")
    assert {expression.joints for expression in expressions(asked)} == {("角形",)}


def test_alternatives_are_whole_unless_any_token_will_do() -> None:
    both = (concept(("三角", "角函"), ("trig",), sound=("san_jiao", "jiao_han")), concept(("trig",)))
    strict = Expression(both, ALL).alternatives
    assert [(one.tokens, one.is_sound) for one in strict] == [
        (("三角", "角函"), False), (("trig",), False), (("san_jiao", "jiao_han"), True)
    ]  # fmt: skip
    loose = Expression(both, ANY).alternatives
    assert [(one.tokens, one.is_sound) for one in loose] == [
        (("三角",), False), (("角函",), False), (("trig",), False), (("san_jiao", "jiao_han"), True)
    ]  # fmt: skip


def test_a_single_character_is_wanted_only_where_nothing_else_is() -> None:
    word, character, other = concept(("三角", "角函")), concept(("力",)), concept(("函",))
    assert Expression((word, character), ALL).wanted == (word,)
    assert Expression((character, other), ALL).wanted == (character, other)
    assert tried(concept(("trig",)), character) == [(ALL, 1)]
    assert tried(character, other) == [(ALL, 2), (ANY, 1)]
    assert [one.tokens for one in Expression((word, character), ANY).alternatives] == [("三角",), ("角函",)]
    assert tried(character) == [(ALL, 1), (ANY, 1)]
    assert Expression((character, other), ANY).begun == ("力", "函")
    assert Expression((word, character), ANY).begun == ()


@pytest.mark.parametrize(
    ("seconds", "name"),
    [
        (0, ""),
        (1, "short"),
        (299, "short"),
        (300, "medium"),
        (1199, "medium"),
        (1200, "long"),
        (3599, "long"),
        (3600, "hours"),
        (10**9, "hours"),
    ],
)
def test_a_duration_is_of_one_kind(seconds: int, name: str) -> None:
    assert duration_of(seconds) == name


def test_filters_are_the_facets_that_are_set() -> None:
    assert Query(text="x").filters == {}
    everything = dict.fromkeys(FACETS, "a")
    assert Query.model_validate({"subject": "", **everything}).filters == everything
    assert Query(subject="").filters == {}


@pytest.mark.parametrize(
    "bad", [{"limit": MAX_LIMIT + 1}, {"limit": -1}, {"offset": MAX_OFFSET + 1}, {"offset": -1}, {"text": None}]
)
def test_a_page_has_bounds(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Query.model_validate(bad)
