"""What is found for an expression: counts by facet, the best candidates, titles."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import combinations, islice
from operator import and_, or_

from search.analysis import folded_title
from search.engines.base import WINDOW, Matches
from search.engines.sqlite.postings import View, bits_of, flags_of, numbers_of
from search.engines.sqlite.storing import SOURCES, marks
from search.query import FACETS, WEIGHTS, Expression, Query, Strictness
from search.ranking import Candidate
from search.suggesting import CANDIDATES, Typed
from search.understanding import Alternative, Concept

SCORED = 2000  # matches; of more, those that hold the most of the question
# Rows of a full-text index that may be read to score a question: those of its rarest tokens, which tell the most.
READ = {"heads": 10_000, "said": 5000}
COMPARED = 8  # concepts, of a question of more the rarest
FEW = 1000  # rows that are sorted, where more are walked through in order until enough of them match
LEAST = 1e-9  # the score of what is not scored; FTS5 gives more to a word that every document has
_COLUMNS = "pk, id, folded, terms, grade, language, popularity, published_s"


def match(view: View, query: Query, expression: Expression | None, *, enough: int = 0) -> Matches:
    """Return all that matches, counted, with the best of it; where it is not `enough`, without facets and scores."""
    found = view.visible(query.audience) & _holding(view, expression)
    chosen = {name: view.having(name, value) for name, value in query.filters.items()}
    matched = reduce(and_, chosen.values(), found)
    total = matched.bit_count()
    if total < enough:
        return Matches(total, {}, _candidates(view.connection, dict.fromkeys(numbers_of(matched, WINDOW), LEAST)))
    facets = {
        name: view.counts(name, reduce(and_, (bits for other, bits in chosen.items() if other != name), found))
        for name in query.facets
        if name in FACETS
    }
    if not total or not query.limit:
        return Matches(total, facets, ())
    if expression is None:
        best = dict.fromkeys(_in_order(view, matched, "published_s DESC, id", WINDOW, 0), 0.0)
    else:
        best = _best(view, query, expression, matched)
    return Matches(total, facets, _candidates(view.connection, best))


def more(
    view: View, query: Query, expression: Expression | None, *, but: Sequence[str], offset: int
) -> list[Candidate]:
    """Return what matches besides the first candidates; texts are not scored any more."""
    found = view.visible(query.audience) & _holding(view, expression)
    matched = reduce(and_, (view.having(name, value) for name, value in query.filters.items()), found)
    rows = view.connection.execute(f"SELECT pk FROM document WHERE id IN ({marks(but)}) ORDER BY pk", list(but))
    rest = matched & ~bits_of([number for (number,) in rows])
    order = "published_s DESC, id" if expression is None else "id"
    return _candidates(view.connection, dict.fromkeys(_in_order(view, rest, order, query.limit, offset), 0.0))


def exists(view: View, token: str) -> bool:
    """Tell whether any text that is for everyone holds a token."""
    return any(view.matching(source, quoted(token)) & view.places.public for source in SOURCES)


def titles(connection: sqlite3.Connection, text: str, ways: Sequence[Typed], audience: tuple[str, ...]) -> list[str]:
    """Return titles that begin with a text, short ones first, and some that are typed in one of these ways."""
    folded = folded_title(text)
    visible = f"(is_public OR pk IN (SELECT pk FROM audience WHERE member IN ({marks(audience)})))"
    rows = connection.execute(
        f"SELECT title FROM document WHERE folded >= ? AND folded < ? AND {visible} ORDER BY length(folded) LIMIT ?",
        [folded, folded + "\U0010ffff", *audience, CANDIDATES],
    )
    found = [title for (title,) in rows]
    wanted = " OR ".join(f"({_typed(way)})" for way in ways if way.tokens or way.prefix)
    rows = connection.execute(
        f"SELECT title FROM typed JOIN document ON pk = typed.rowid WHERE typed MATCH ? AND {visible} LIMIT ?",
        [wanted, *audience, CANDIDATES],
    )
    return [*found, *(title for (title,) in rows)]


def _holding(view: View, expression: Expression | None) -> int:
    """Return what holds as much of a question as it must."""
    if expression is None:
        return -1
    if expression.strictness is Strictness.ANY:
        begun = (view.matching("said", f"{quoted(character)} *") for character in expression.begun)
        return reduce(or_, (_holding_all(view, one) for one in expression.alternatives), reduce(or_, begun, 0))
    concepts = [_holding_concept(view, concept) for concept in expression.wanted]
    return reduce(or_, (reduce(and_, chosen, -1) for chosen in combinations(concepts, expression.least)))


def _holding_concept(view: View, concept: Concept, sources: Sequence[str] = tuple(SOURCES)) -> int:
    return reduce(or_, (_holding_all(view, alternative, sources) for alternative in concept.alternatives))


def _holding_all(view: View, alternative: Alternative, sources: Sequence[str] = tuple(SOURCES)) -> int:
    """Return what holds all tokens of an alternative, wherever each is."""
    places = ("heads",) if alternative.is_sound else sources
    found = -1
    for token in alternative.tokens:
        found &= reduce(or_, (view.matching(source, quoted(token)) for source in places))
        if not found:
            break
    return found


def _best(view: View, query: Query, expression: Expression, matched: int) -> dict[int, float]:
    """Return the numbers of the best candidates with their scores, the best first."""
    loose = Expression(expression.concepts, Strictness.ANY).alternatives
    parts = [" AND ".join(map(quoted, alternative.tokens)) for alternative in loose]
    pool = matched if matched.bit_count() <= SCORED else _closest(view, query, expression, parts, matched)
    scores: defaultdict[int, float] = defaultdict(float)
    numbers = json.dumps(numbers_of(pool))
    for source in SOURCES:
        for number, score in _scores(view, source, parts, numbers):
            scores[number] += score
    best = dict(sorted(scores.items(), key=lambda row: (-row[1], row[0]))[:WINDOW])
    if len(best) < WINDOW:
        rest = matched & ~bits_of(sorted(best))
        best |= dict.fromkeys(numbers_of(rest, WINDOW - len(best)), LEAST)
    return best


def _closest(view: View, query: Query, expression: Expression, parts: Sequence[str], matched: int) -> int:
    """Return some of many matches: those that hold the most concepts, named by them rather than saying them.

    Of equal ones, those with a word in the title go before others, and newer ones before older ones.
    """
    rows = view.connection.execute(
        "SELECT pk FROM document WHERE folded = ? ORDER BY pk LIMIT ?", [folded_title(query.text), SCORED]
    )
    pool = matched & bits_of([number for (number,) in rows])
    everywhere = [(_holding_concept(view, concept), concept) for concept in expression.concepts]
    rarest = sorted(everywhere, key=lambda row: row[0].bit_count())[:COMPARED]
    held = [bits for anywhere, concept in rarest for bits in (anywhere, _holding_concept(view, concept, ("heads",)))]
    for level in reversed(_levels(held, matched)):
        room = SCORED - pool.bit_count()
        if level.bit_count() > room:
            titled = reduce(or_, (view.matching("heads", f"{{title sounds}} : ({part})") for part in parts))
            pool |= bits_of(numbers_of(level & titled & ~pool, room)[::-1])
            room = SCORED - pool.bit_count()
        pool |= bits_of(numbers_of(level & ~pool, room)[::-1]) if level.bit_count() > room else level
        if room <= 0:
            break
    return pool


def _levels(held: Sequence[int], among: int) -> list[int]:
    """Return which of some documents are in none, one, two ... of several sets."""
    levels = [among]
    for bits in held:
        levels = [
            *(below & bits | level & ~bits for below, level in zip([0, *levels], levels, strict=False)),
            levels[-1] & bits,
        ]
    return levels


def _scores(view: View, source: str, parts: Sequence[str], numbers: str) -> Iterator[tuple[int, float]]:
    """Yield those of some numbers (in JSON) that have a score (BM25) in one full-text index."""
    counts = sorted((view.matching(source, part).bit_count(), part) for part in parts)
    chosen: list[str] = []
    room = READ[source]
    for count, part in counts:
        room -= count
        if count and (room >= 0 or (source == "heads" and not chosen)):
            chosen.append(part)
    if not chosen:
        return
    weights = ", ".join(str(WEIGHTS[name]) for name in SOURCES[source])
    # The plus keeps SQLite from asking the full-text index for each number by itself.
    yield from view.connection.execute(
        f"SELECT rowid, -bm25({source}, {weights}) FROM {source} WHERE {source} MATCH ? "
        "AND +rowid IN (SELECT value FROM json_each(?))",
        [" OR ".join(chosen), numbers],
    )


def _in_order(view: View, bits: int, order: str, limit: int, offset: int) -> list[int]:
    """Return the numbers of some documents in an order that an index has."""
    if bits.bit_count() <= FEW:
        rows = view.connection.execute(
            f"SELECT pk FROM document WHERE pk IN (SELECT value FROM json_each(?)) ORDER BY {order} LIMIT ? OFFSET ?",
            [json.dumps(numbers_of(bits)), limit, offset],
        )
        return [number for (number,) in rows]
    flags = flags_of(bits)
    walked = (
        number
        for (number,) in view.connection.execute(f"SELECT pk FROM document ORDER BY {order}")
        if number < len(flags) and flags[number]
    )
    return [*islice(walked, offset, offset + limit)]


def _candidates(connection: sqlite3.Connection, best: dict[int, float]) -> list[Candidate]:
    rows = connection.execute(f"SELECT {_COLUMNS} FROM document WHERE pk IN ({marks(best)})", list(best)).fetchall()
    by_number = {
        number: Candidate(key, best[number], folded, terms, grade, language, popularity, published_s)
        for number, key, folded, terms, grade, language, popularity, published_s in rows
    }
    return [by_number[number] for number in best if number in by_number]


def _typed(way: Typed) -> str:
    parts = [quoted(token) for token in way.tokens]
    return " AND ".join([*parts, f"{quoted(way.prefix)} *"] if way.prefix else parts)


def quoted(token: str) -> str:
    """Return a token in FTS5's language, where nothing typed is an operator."""
    return '"' + token.replace('"', '""') + '"'
