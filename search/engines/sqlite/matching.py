"""Expressions in FTS5's language, and what is read for them: counts by facet, the best candidates, titles."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from search.analysis import folded_title
from search.engines.base import WINDOW, Matches
from search.engines.sqlite.storing import FACETS, SHIFT
from search.query import TEXTS, WEIGHTS, Expression, Query, Strictness
from search.ranking import Candidate
from search.suggesting import CANDIDATES, Typed
from search.understanding import Alternative, Concept

# Up to so many matches all of them are scored; of more, those whose titles hold words of the question.
SCORED = 3000
MAX_CREATORS = 50
_CODE = f"(abs(rowid) >> {SHIFT})"
_RANK = f"bm25(words, {', '.join(map(str, WEIGHTS.values()))})"
_COLUMNS = (
    f"d.id, d.folded, d.terms, d.popularity, d.published_s, f.subject, f.grade, f.language FROM document d "
    f"JOIN facets f ON f.code = abs(d.pk) >> {SHIFT}"
)
Codes = dict[int, tuple[str, ...]]


def match(connection: sqlite3.Connection, query: Query, expression: Expression | None, codes: Codes) -> Matches:
    """Return all that matches, counted, with the best of it."""
    matched = _matched(query, expression)
    counts = connection.execute(f"SELECT {_CODE}, count(*) FROM ({matched[0]}) GROUP BY 1", matched[1]).fetchall()
    if any(code not in codes for code, _count in counts):
        rows = connection.execute(
            f"SELECT code, {', '.join(FACETS)} FROM facets WHERE code > ?", [max(codes, default=0)]
        )
        codes.update({code: tuple(values) for code, *values in rows})
    total, facets = _facets(counts, query, codes)
    if "creator" in query.facets:
        facets["creator"] = _creators(connection, query, expression)
    if not total or not query.limit:
        return Matches(total, facets, ())
    return Matches(total, facets, _candidates(connection, query, expression, total))


def more(
    connection: sqlite3.Connection, query: Query, expression: Expression | None, *, but: Sequence[str], offset: int
) -> list[Candidate]:
    """Return what matches besides the first candidates; texts are not scored any more."""
    where, parameters = _matched(query, expression, narrowed=True)
    order = "d.published_s DESC, d.id" if expression is None else "d.id"
    rows = connection.execute(
        f"SELECT 0.0, {_COLUMNS} WHERE d.pk IN ({where}) AND d.id NOT IN ({_marks(but)}) "
        f"ORDER BY {order} LIMIT ? OFFSET ?",
        [*parameters, *but, query.limit, offset],
    )
    return [_candidate(row) for row in rows]


def exists(connection: sqlite3.Connection, token: str) -> bool:
    """Tell whether any text that is for everyone holds a token."""
    found = connection.execute("SELECT 1 FROM words WHERE words MATCH ? AND rowid > 0 LIMIT 1", [_quoted(token)])
    return found.fetchone() is not None


def titles(connection: sqlite3.Connection, text: str, ways: Sequence[Typed], audience: tuple[str, ...]) -> list[str]:
    """Return titles that begin with a text, short ones first, and some that are typed in one of these ways."""
    folded = folded_title(text)
    visible, members = _visible(audience, "pk")
    rows = connection.execute(
        f"SELECT title FROM document WHERE folded >= ? AND folded < ? AND {visible} ORDER BY length(folded) LIMIT ?",
        [folded, folded + "\U0010ffff", *members, CANDIDATES],
    )
    found = [title for (title,) in rows]
    wanted = " OR ".join(f"({_typed(way)})" for way in ways if way.tokens or way.prefix)
    visible, members = _visible(audience, "rowid")
    rows = connection.execute(
        f"SELECT title FROM document WHERE pk IN (SELECT rowid FROM typed WHERE typed MATCH ? AND {visible} LIMIT ?)",
        [wanted, *members, CANDIDATES],
    )
    return [*found, *(title for (title,) in rows)]


def _matched(query: Query, expression: Expression | None, *, narrowed: bool = False) -> tuple[str, list[object]]:
    """Return the query for the rowids of what a viewer may see of what matches; `narrowed` by all facets."""
    if expression is None:
        conditions, values = _conditions(query, "pk", narrowed=narrowed)
        return f"SELECT pk AS rowid FROM document WHERE {conditions}", values
    conditions, values = _conditions(query, "rowid", narrowed=narrowed)
    return f"SELECT rowid FROM words WHERE words MATCH ? AND {conditions}", [_match(expression), *values]


def _conditions(query: Query, column: str, *, narrowed: bool) -> tuple[str, list[object]]:
    visible, values = _visible(query.audience, column)
    conditions = [visible]
    if query.creator:
        conditions.append(f"+{column} IN (SELECT pk FROM document WHERE creator = ?)")
        values = [*values, query.creator]
    chosen = {name: value for name, value in query.filters.items() if name in FACETS} if narrowed else {}
    if chosen:
        wanted = " AND ".join(f"{name} = ?" for name in chosen)
        conditions.append(f"(abs({column}) >> {SHIFT}) IN (SELECT code FROM facets WHERE {wanted})")
        values = [*values, *chosen.values()]
    return " AND ".join(conditions), values


def _candidates(
    connection: sqlite3.Connection, query: Query, expression: Expression | None, total: int
) -> list[Candidate]:
    where, parameters = _matched(query, expression, narrowed=True)
    if expression is None:
        rows = connection.execute(
            f"SELECT 0.0, {_COLUMNS} WHERE d.pk IN ({where}) ORDER BY d.published_s DESC, d.id LIMIT ?",
            [*parameters, WINDOW],
        )
        return [_candidate(row) for row in rows]
    if total <= SCORED:
        found = _best(connection, _match(expression), *_conditions(query, "rowid", narrowed=True))
    else:  # the plus keeps SQLite from asking the full-text index for each rowid by itself
        found = _best(connection, _any(expression, TEXTS[:2]), f"+rowid IN ({where})", parameters)
    if len(found) < min(WINDOW, total):  # lessons of many that only say the words, in no order
        known = [row[1] for row in found]
        found += connection.execute(
            f"SELECT 0.001, {_COLUMNS} WHERE d.pk IN ({where} LIMIT ?) AND d.id NOT IN ({_marks(known)}) LIMIT ?",
            [*parameters, 2 * WINDOW, *known, WINDOW - len(known)],
        ).fetchall()
    return [_candidate(row) for row in found]


def _best(
    connection: sqlite3.Connection, scored: str, conditions: str, parameters: list[object]
) -> list[tuple[object, ...]]:
    best = (
        f"SELECT rowid AS pk, {_RANK} AS rank FROM words WHERE words MATCH ? AND {conditions} "
        "ORDER BY rank, rowid LIMIT ?"
    )
    return connection.execute(
        f"SELECT -best.rank, {_COLUMNS} JOIN ({best}) best ON best.pk = d.pk", [scored, *parameters, WINDOW]
    ).fetchall()


def _candidate(row: Sequence[object]) -> Candidate:
    score, key, folded, terms, popularity, published_s, subject, grade, language = row
    return Candidate(key, score, folded, terms, subject, grade, language, popularity, published_s)  # type: ignore[arg-type]


def _facets(counts: Sequence[tuple[int, int]], query: Query, codes: Codes) -> tuple[int, dict[str, dict[str, int]]]:
    """Return the total under all filters, and each facet's counts under all filters but its own."""
    total = 0
    chosen = [(FACETS.index(name), value) for name, value in query.filters.items() if name in FACETS]
    wanted = [(FACETS.index(name), Counter[str]()) for name in query.facets if name in FACETS]
    for code, count in counts:
        values = codes[code]
        misfits = [index for index, value in chosen if values[index] != value]
        if len(misfits) > 1:
            continue
        total += 0 if misfits else count
        for index, counter in wanted:
            if not misfits or misfits[0] == index:
                counter[values[index]] += count
    named = {FACETS[index]: {value: count for value, count in counter.items() if value} for index, counter in wanted}
    return total, named


def _creators(connection: sqlite3.Connection, query: Query, expression: Expression | None) -> dict[str, int]:
    where, parameters = _matched(query.model_copy(update={"creator": None}), expression, narrowed=True)
    return dict(
        connection.execute(
            f"SELECT creator, count(*) FROM document WHERE creator != '' AND pk IN ({where}) "
            "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?",
            [*parameters, MAX_CREATORS],
        ).fetchall()
    )


def _visible(audience: tuple[str, ...], column: str) -> tuple[str, list[object]]:
    if not audience:
        return f"{column} > 0", []
    return f"({column} > 0 OR {column} IN (SELECT pk FROM audience WHERE member IN ({_marks(audience)})))", [*audience]


def _match(expression: Expression) -> str:
    """Return the expression in FTS5's language; every token is quoted, so nothing typed is an operator."""
    if expression.strictness is Strictness.ANY:
        begun = [f"captions : {_quoted(character)} *" for character in expression.begun]
        return " OR ".join([_any(expression, TEXTS), *begun])
    concepts = [_concept(concept) for concept in expression.wanted]
    return " OR ".join(f"({' AND '.join(chosen)})" for chosen in combinations(concepts, expression.least))


def _concept(concept: Concept) -> str:
    return f"({' OR '.join(_alternative(alternative) for alternative in concept.alternatives)})"


def _any(expression: Expression, columns: Sequence[str]) -> str:
    alternatives = Expression(expression.concepts, Strictness.ANY).alternatives
    return " OR ".join(_alternative(alternative, columns) for alternative in alternatives)


def _alternative(alternative: Alternative, columns: Sequence[str] = TEXTS) -> str:
    if alternative.is_sound:
        return f"({' AND '.join(map(_quoted, alternative.tokens))})"
    columns_only = f"{{{' '.join(columns)}}} : " if columns != TEXTS else ""  # without a filter it costs half
    return f"{columns_only}({' AND '.join(map(_quoted, alternative.tokens))})"


def _typed(way: Typed) -> str:
    parts = [_quoted(token) for token in way.tokens]
    return " AND ".join([*parts, f"{_quoted(way.prefix)} *"] if way.prefix else parts)


def _quoted(token: str) -> str:
    return '"' + token.replace('"', '""') + '"'


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
