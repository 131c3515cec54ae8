"""What is read for an expression, beside what every engine promises (tests/search/test_engines.py)."""

import sqlite3
from collections import Counter
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.documents import Cue, Document
from search.engines.sqlite import matching
from search.engines.sqlite.storing import SCHEMA, store
from search.query import FACETS, Expression, Query, Strictness, duration_of
from search.understanding import Alternative, Concept


def concept(*tokens: str) -> Concept:
    return Concept(" ".join(tokens), (Alternative(tokens, 1.0),))


def filled(documents: list[Document]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(SCHEMA)
    for document in documents:
        store(connection, document)
    return connection


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
        found = matching.match(connection, query, expression, {})
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
    monkeypatch.setattr(matching, "SCORED", 10)
    documents = [
        Document(id=f"{number:03}", title="waves" if number % 10 == 0 else "sound", captions=SAID)
        for number in range(250)
    ]
    expression = Expression((concept("wave"),), Strictness.ALL)
    query = Query(text="waves", limit=100)
    with closing(filled(documents)) as connection:
        first = matching.match(connection, query, expression, {})
        assert first == matching.match(connection, query, expression, {})
        known = [one.id for one in first.candidates]
        rest = [one.id for at in (0, 100) for one in matching.more(connection, query, expression, but=known, offset=at)]
    assert first.total == 250
    assert {one.id for one in first.candidates[:25]} == {f"{number:03}" for number in range(0, 250, 10)}
    assert min(one.base for one in first.candidates[:25]) > max(one.base for one in first.candidates[25:])
    assert len(known) == 100
    assert sorted([*known, *rest]) == [f"{number:03}" for number in range(250)]


def test_values_seen_later_are_learned_and_known_ones_kept() -> None:
    codes: matching.Codes = {}
    with closing(filled([Document(id="a", title="waves", subject="physics")])) as connection:
        expression = Expression((concept("wave"),), Strictness.ALL)
        assert matching.match(connection, Query(), expression, codes).facets["subject"] == {"physics": 1}
        store(connection, Document(id="b", title="waves", subject="music"))
        assert matching.match(connection, Query(), expression, codes).facets["subject"] == {"physics": 1, "music": 1}
    assert len(codes) == 2


@pytest.mark.parametrize("token", ['"', 'a"b', "^", "*", "NEAR", "OR", "a.b", "-", "x^2", "title:", "'"])
def test_a_token_is_never_an_operator(token: str) -> None:
    with closing(filled([Document(id="a", title="light")])) as connection:
        for strictness, total in [(Strictness.ALL, 0), (Strictness.MOST, 1), (Strictness.ANY, 1)]:
            expression = Expression((concept(token), concept("light")), strictness)
            assert matching.match(connection, Query(), expression, {}).total == total
        assert not matching.exists(connection, token)
        assert matching.exists(connection, "light")


def test_what_only_some_may_see_does_not_exist_for_all() -> None:
    with closing(filled([Document(id="a", title="light", audience=("school",))])) as connection:
        assert not matching.exists(connection, "light")
