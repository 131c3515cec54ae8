"""What is read for an expression, beside what every engine promises (tests/search/test_engines.py)."""

import sqlite3
from collections import Counter
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.documents import Cue, Document
from search.engines.sqlite import matching
from search.engines.sqlite.postings import Postings, View
from search.engines.sqlite.storing import SCHEMA, prepared, store
from search.query import FACETS, Expression, Query, Strictness, duration_of
from search.understanding import Alternative, Concept


def concept(*tokens: str) -> Concept:
    return Concept(" ".join(tokens), (Alternative(tokens, 1.0),))


def filled(documents: list[Document]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(SCHEMA)
    for document in documents:
        store(connection, [prepared(document)])
    return connection


def viewed(connection: sqlite3.Connection) -> View:
    return Postings().view(connection)


VALUES = {
    "subject": ["", "physics", "music"], "grade": ["", "8", "9"], "language": ["en", "zh"], "creator": ["", "ann", "bob"],
}  # fmt: skip
SAID = (Cue(start_ms=0, end_ms=1, text="waves"),)
lessons = st.lists(
    st.builds(
        Document,
        id=st.uuids().map(str),
        title=st.sampled_from(["waves", "light", "waves of light", "sound"]),
        captions=st.sampled_from([(), SAID]),
        duration_s=st.sampled_from([0, 100, 400, 4000]),
        audience=st.sampled_from([(), (), ("school",), ("class", "school")]),
        **{name: st.sampled_from(values) for name, values in VALUES.items()},
    ),
    max_size=12,
    unique_by=lambda lesson: lesson.id,
)
filters = st.fixed_dictionaries(
    {},
    optional={name: st.sampled_from(values[-2:]) for name, values in VALUES.items()}
    | {"duration": st.sampled_from(["short", "hours"]), "captions": st.just("yes")},
)
expressions = st.sampled_from(
    [None, *(Expression((concept("wave"), concept("light"), concept("sound"))[:count], strictness)
             for count, strictness in [(1, Strictness.ALL), (2, Strictness.ALL), (3, Strictness.MOST), (2, Strictness.ANY)])]
)  # fmt: skip


def row_of(lesson: Document) -> dict[str, str]:
    return {
        "subject": lesson.subject, "grade": lesson.grade, "language": lesson.language, "creator": lesson.creator,
        "duration": duration_of(lesson.duration_s), "captions": "yes" if lesson.captions else "",
    }  # fmt: skip


def holds(lesson: Document, expression: Expression | None) -> bool:
    if expression is None:
        return True
    words = lesson.title.replace("waves", "wave").split() + ["wave"] * bool(lesson.captions)
    return sum(one.alternatives[0].tokens[0] in words for one in expression.concepts) >= expression.least


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(
    lessons, expressions, filters, st.sampled_from([(), ("school",), ("class", "x")]), st.sets(st.sampled_from(FACETS))
)
def test_counts_and_candidates_are_those_of_looking_at_every_lesson(
    documents: list[Document],
    expression: Expression | None,
    asked: dict[str, str],
    audience: tuple[str, ...],
    facets: set[str],
) -> None:
    query = Query.model_validate({"audience": audience, "facets": tuple(facets), **asked})
    with closing(filled(documents)) as connection:
        found = matching.match(viewed(connection), query, expression)
    seen = [
        one for one in documents if holds(one, expression) and (not one.audience or set(one.audience) & set(audience))
    ]

    def left(but: str = "") -> list[Document]:
        return [one for one in seen if all(row_of(one)[name] == value for name, value in asked.items() if name != but)]

    assert found.total == len(left())
    assert sorted(candidate.id for candidate in found.candidates) == sorted(one.id for one in left())
    assert found.facets == {
        name: dict(Counter(row_of(one)[name] for one in left(name) if row_of(one)[name])) for name in facets
    }


def test_of_very_many_matches_those_in_titles_are_scored_and_the_rest_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "SCORED", 30)
    documents = [
        Document(id=f"{number:03}", title="waves" if number % 10 == 0 else "sound", captions=SAID)
        for number in range(250)
    ]
    expression = Expression((concept("wave"),), Strictness.ALL)
    query = Query(text="waves", limit=100)
    with closing(filled(documents)) as connection:
        first = matching.match(viewed(connection), query, expression)
        assert first == matching.match(viewed(connection), query, expression)
        known = [one.id for one in first.candidates]
        rest = [
            one.id
            for at in (0, 100)
            for one in matching.more(viewed(connection), query, expression, but=known, offset=at)
        ]
    assert first.total == 250
    assert {one.id for one in first.candidates[:25]} == {f"{number:03}" for number in range(0, 250, 10)}
    assert min(one.base for one in first.candidates[:25]) > max(one.base for one in first.candidates[25:])
    assert len(known) == 100
    assert sorted([*known, *rest]) == [f"{number:03}" for number in range(250)]


def test_of_too_many_that_hold_as_much_those_with_the_words_in_the_title_are_scored_then_new_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(matching, "SCORED", 4)
    titles = ["waves of light", "sound", "waves", "sound", "waves of light", *["sound"] * 20, "light"]
    documents = [
        Document(id=f"{number:02}", title=title, description="waves" if title == "sound" else "")
        for number, title in enumerate(titles)
    ]
    expression = Expression((concept("wave"),), Strictness.ALL)
    with closing(filled(documents)) as connection:
        found = matching.match(viewed(connection), Query(text="waves"), expression)
    assert found.total == 25
    scored = [one.id for one in found.candidates if one.base > matching.LEAST]
    assert {"02", "00", "04"} == set(scored[:3])
    assert scored[3:] == ["24"]


def test_what_is_said_adds_to_what_a_lesson_is_called() -> None:
    documents = [
        Document(id="called", title="waves"),
        Document(id="both", title="waves", captions=SAID),
        Document(id="said", title="sound", captions=SAID),
        *(Document(id=f"{number}", title="light") for number in range(9)),
    ]
    expression = Expression((concept("wave"),), Strictness.ALL)
    with closing(filled(documents)) as connection:
        found = matching.match(viewed(connection), Query(text="waves"), expression)
    assert [one.id for one in found.candidates] == ["both", "called", "said"]


def test_a_word_that_nearly_all_hold_is_not_scored_where_others_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """To score it would be to read all of them."""
    monkeypatch.setattr(matching, "READ", {"heads": 5, "said": 5})
    documents = [
        Document(id=f"{number}", title="waves of light" if number < 2 else "light light") for number in range(9)
    ]
    expression = Expression((concept("wave"), concept("light")), Strictness.ANY)
    with closing(filled(documents)) as connection:
        found = matching.match(viewed(connection), Query(text="waves light"), expression)
    assert found.total == 9
    assert {one.id for one in found.candidates if one.base > matching.LEAST} == {"0", "1"}


@pytest.mark.parametrize("token", ['"', 'a"b', "^", "*", "NEAR", "OR", "a.b", "-", "x^2", "title:", "'"])
def test_a_token_is_never_an_operator(token: str) -> None:
    with closing(filled([Document(id="a", title="light")])) as connection:
        for strictness, total in [(Strictness.ALL, 0), (Strictness.MOST, 1), (Strictness.ANY, 1)]:
            expression = Expression((concept(token), concept("light")), strictness)
            assert matching.match(viewed(connection), Query(), expression).total == total
        assert not matching.exists(viewed(connection), token)
        assert matching.exists(viewed(connection), "light")


def test_what_only_some_may_see_does_not_exist_for_all() -> None:
    with closing(filled([Document(id="a", title="light", audience=("school",))])) as connection:
        assert not matching.exists(viewed(connection), "light")
