"""What every engine promises, and the one way from a question to its answer over all of them.

An engine stores documents, tells what matches an expression, and gives its best candidates; what is asked for, their
order and their moments come from the pure modules and are the same everywhere.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from search.analysis import folded_title
from search.documents import Document, Timed
from search.filters import read_filters
from search.moments import moments_of
from search.query import ENOUGH, Expression, Query, Strictness, expressions
from search.ranking import Candidate, Ranked, rank
from search.results import Hit, Results, Understood
from search.spelling import Lexicon
from search.suggesting import MAX_WORDS, Typed, ordered, typed_of
from search.understanding import understand
from search.vocabulary import Vocabulary, seed_vocabulary

WINDOW = 100  # candidates whose order is decided here; those after them stay as the engine has them
LEXICON_S = 60.0


@dataclass(frozen=True, slots=True)
class Matches:
    """All that matches, counted, and the first of it; `facets` has counts by facet and value."""

    total: int
    facets: Mapping[str, Mapping[str, int]]
    candidates: Sequence[Candidate]


class SearchEngine(ABC):
    """Writes are versioned: an older version never replaces a newer one. May be used by many threads."""

    def __init__(self) -> None:
        self.vocabulary: Vocabulary = seed_vocabulary()
        self._lexicon: tuple[float, Vocabulary, Lexicon] | None = None

    @abstractmethod
    def upsert(self, documents: Iterable[Document]) -> int:
        """Store documents, visible when this returns; return how many were new enough to be taken.

        One of the version that is there is taken too; one of a version that was deleted is not.
        """

    @abstractmethod
    def delete(self, versions: dict[str, int]) -> int:
        """Remove documents by id and version; return how many of these were new enough to be taken.

        A tombstone keeps a late upsert of this or an older version out, until the next rebuild.
        """

    @abstractmethod
    def rebuild(self, documents: Iterable[Document]) -> int:
        """Replace everything by these documents, at once for readers, who see the old ones until then.

        Writes of others meanwhile are not lost, provided that the documents are read when they are asked for. An error,
        also one that the documents raise, leaves everything as it was. Returns how many were stored.
        """

    @abstractmethod
    def versions(self) -> Iterator[tuple[str, int]]:
        """Yield the id and version of every stored document, for reconciling."""

    @abstractmethod
    def check(self) -> None:
        """Raise EngineError with a sentence unless the engine answers."""

    @abstractmethod
    def close(self) -> None: ...

    def search(self, query: Query) -> Results:
        """Answer a question; raises EngineError while the engine is away."""
        began = time.perf_counter()
        with self._at_one_moment():
            results = self._answer(query)
        return replace(results, took_ms=round((time.perf_counter() - began) * 1000, 3))

    def suggest(self, text: str, *, limit: int = 10, audience: tuple[str, ...] = ()) -> list[str]:
        """Return words and titles that continue the text or hold it; only what is visible."""
        ways = typed_of(text)
        if not ways:
            return []
        with self._at_one_moment():
            words = self._suggested_words(ways[0])
            titles = ordered(self._titles(text, ways, audience), text, limit=limit)
        known = {folded_title(title) for title in titles}
        return [*(word for word in words if word not in known), *titles][:limit]

    @abstractmethod
    def _match(self, query: Query, expression: Expression | None, *, enough: int = 0) -> Matches:
        """Return what matches, with at most WINDOW candidates, the best first; None browses, the newest first.

        Where fewer match than are `enough`, another expression follows: facets and order are not needed then.
        """

    @abstractmethod
    def _more(self, query: Query, expression: Expression | None, *, but: Sequence[str], offset: int) -> list[Candidate]:
        """Return query.limit candidates after the first WINDOW, which are `but`, from an offset among them."""

    @abstractmethod
    def _timed(self, ids: Sequence[str]) -> dict[str, Timed]:
        """Return what of documents has a time, by id, for their moments."""

    @abstractmethod
    def _title_words(self, only: Sequence[str] | None = None) -> dict[str, int]:
        """Return how many public documents have a word in their title, for all words or for some."""

    @abstractmethod
    def _exists(self, token: str) -> bool:
        """Tell whether any text that is for everyone holds a token; others must not show in what is corrected."""

    @abstractmethod
    def _titles(self, text: str, ways: Sequence[Typed], audience: tuple[str, ...]) -> list[str]:
        """Return titles that begin with a text, or are typed in one of these ways."""

    def _at_one_moment(self) -> AbstractContextManager[object]:
        """Return a context inside of which all reads see the same state, where an engine can do that."""
        return nullcontext()

    def _answer(self, query: Query) -> Results:
        text = query.text.strip()
        if not text:
            return self._browse(query)
        found = None if query.literal else read_filters(text)
        if found and (found.subject or found.grade):
            taken = {name: value for name in ("subject", "grade") if (value := getattr(found, name))}
            narrowed = query.model_copy(update={**taken, **query.filters})
            results = self._ask(narrowed, found.rest) if found.rest else self._browse(narrowed)
            if results.total:
                understood = replace(results.understood, text=found.rest, subject=found.subject, grade=found.grade)
                return replace(results, understood=understood)
        return self._ask(query, text)

    def _browse(self, query: Query) -> Results:
        matches = self._match(query, None)
        page = list(matches.candidates[query.offset : query.offset + query.limit])
        if query.offset + query.limit > WINDOW and matches.total > WINDOW:
            page += self._more_after(query, None, matches, have=len(page))
        return Results(matches.total, tuple(Hit(one.id, 0.0) for one in page), _plain(matches), matches.total)

    def _ask(self, query: Query, text: str) -> Results:
        understanding = understand(text, vocabulary=self.vocabulary, lexicon=self._words(), exists=self._exists)
        matches = Matches(0, {name: {} for name in query.facets}, ())
        complete: tuple[int, frozenset[str]] = (0, frozenset())
        used: Expression | None = None
        tried = [*expressions(understanding)]
        for expression in tried:
            enough = ENOUGH if expression is not tried[-1] else 0
            used, matches = expression, self._match(query, expression, enough=enough)
            if expression.strictness is Strictness.ALL:
                complete = (matches.total, frozenset(candidate.id for candidate in matches.candidates))
            if matches.total >= ENOUGH:
                break
        understood = Understood(text=text, corrected=understanding.corrected)
        if used is None or not matches.total:
            return Results(0, (), _plain(matches), 0, understood)
        ranked = rank(
            matches.candidates, query, used, text=text, grades=matches.facets.get("grade", {}), now_s=time.time(),
            complete=complete[1],
        )  # fmt: skip
        page = ranked[query.offset : query.offset + query.limit]
        if query.offset + query.limit > WINDOW and matches.total > WINDOW:
            page += [Ranked(one.id, one.base, {}) for one in self._more_after(query, used, matches, have=len(page))]
        return Results(matches.total, self._hits(page, query, used), _plain(matches), complete[0], understood)

    def _more_after(
        self, query: Query, expression: Expression | None, matches: Matches, *, have: int
    ) -> list[Candidate]:
        rest = query.model_copy(update={"limit": query.limit - have})
        first = [candidate.id for candidate in matches.candidates]
        return self._more(rest, expression, but=first, offset=max(0, query.offset - WINDOW))

    def _hits(self, page: Sequence[Ranked], query: Query, expression: Expression) -> tuple[Hit, ...]:
        timed = self._timed([one.id for one in page])
        return tuple(
            Hit(
                id=one.id,
                score=round(one.score, 4),
                moments=moments_of(timed[one.id], expression) if one.id in timed else (),
                why={name: round(factor, 3) for name, factor in one.why.items()} if query.explain else {},
            )
            for one in page
        )

    def _words(self) -> Lexicon:
        """Return the words of the index as they were a minute ago at most."""
        now = time.monotonic()
        if self._lexicon is None or self._lexicon[1] is not self.vocabulary or now > self._lexicon[0] + LEXICON_S:
            latin = (word for term in self.vocabulary.terms for word in term.casefold().split())
            lexicon = Lexicon(self._title_words(), (*self.vocabulary.chinese_terms, *filter(str.isalpha, latin)))
            self._lexicon = (now, self.vocabulary, lexicon)
        return self._lexicon[2]

    def _suggested_words(self, typed: Typed) -> list[str]:
        """Return words of titles that continue the last word typed, where it is the only one, as they are now."""
        beginning = typed.prefix or "".join(typed.tokens[:1])
        if len(typed.tokens) > bool(not typed.prefix) or len(beginning) < 2:  # noqa: PLR2004 - a letter says nothing
            return []
        words = [word for word in self._words().beginning_with(beginning) if word != beginning][: 2 * MAX_WORDS]
        counts = self._title_words(words) if words else {}
        return [word for word in words if counts.get(word)][:MAX_WORDS]


def _plain(matches: Matches) -> dict[str, dict[str, int]]:
    return {name: dict(values) for name, values in matches.facets.items()}
