"""Questions as Elasticsearch takes them, and its answers as ours. Pure."""

from collections.abc import Sequence
from zlib import crc32

from search.analysis import folded_title
from search.documents import TIMED, Timed
from search.engines.base import WINDOW, Matches
from search.engines.elasticsearch.mapping import CANDIDATE, Json
from search.query import FACETS, TEXTS, WEIGHTS, Expression, Query, Strictness
from search.ranking import Candidate
from search.suggesting import CANDIDATES, Typed
from search.understanding import Alternative, Concept

MAX_FACET_VALUES = {"creator": 50}
MANY = 10_000
MAX_TITLE_WORDS = 60_000  # below search.max_buckets
# Lucene's BM25 leaves out the constant factor (k1 + 1) that SQLite's has; the scores are on SQLite's scale.
SCALE = 2.2
_FIELDS = [f"tokens.{name}^{WEIGHTS[name]}" for name in TEXTS]
_NEWEST: list[Json] = [{"published_s": "desc"}, {"id": "asc"}]
_BEST: list[Json] = [{"_score": "desc"}, {"id": "asc"}]


def match_request(query: Query, expression: Expression | None) -> Json:
    """Return the request for the best candidates, with the total and the facets: one round trip."""
    chosen = {name: {"term": {name: value}} for name, value in query.filters.items()}
    return {
        "query": {"bool": _question(query, expression)},
        # After the facets were counted: each of them leaves out its own filter.
        "post_filter": {"bool": {"filter": list(chosen.values())}},
        "aggregations": {
            name: {
                "filter": {"bool": {"filter": [term for other, term in chosen.items() if other != name]}},
                "aggregations": {
                    "values": {
                        "terms": {
                            "field": name,
                            "size": MAX_FACET_VALUES.get(name, MANY),
                            "order": [{"_count": "desc"}, {"_key": "asc"}],
                        }
                    }
                },
            }
            for name in query.facets
            if name in FACETS
        },
        **_page(query, expression, size=WINDOW if query.limit else 0, offset=0),
        "track_total_hits": True,
        "filter_path": ["hits.total.value", "hits.hits._id", "hits.hits._score", "hits.hits._source",
                        "aggregations.*.values.buckets"],
    }  # fmt: skip


def more_request(query: Query, expression: Expression | None, *, but: Sequence[str], offset: int) -> Json:
    """Return the request for what comes after the candidates."""
    chosen = [{"term": {name: value}} for name, value in query.filters.items()]
    question = _question(query, expression)
    question["filter"] = [*question["filter"], *chosen]
    question["must_not"] = [{"ids": {"values": list(but)}}]
    return {
        "query": {"bool": question},
        **_page(query, expression, size=query.limit, offset=offset),
        "track_total_hits": False,
        "filter_path": ["hits.hits._id", "hits.hits._score", "hits.hits._source"],
    }


def matches_of(answer: Json) -> Matches:
    """Read the answer to a match_request."""
    return Matches(
        total=answer["hits"]["total"]["value"],
        facets={
            name: {row["key"]: row["doc_count"] for row in counted["values"]["buckets"]}
            for name, counted in answer.get("aggregations", {}).items()
        },
        candidates=candidates_of(answer),
    )


def candidates_of(answer: Json) -> list[Candidate]:
    return [
        Candidate(
            id=hit["_id"],
            base=hit.get("_score") or 0.0,
            title=hit["_source"]["folded_title"],
            terms=hit["_source"]["terms"],
            grade=hit["_source"].get("grade") or "",
            language=hit["_source"].get("language") or "",
            popularity=hit["_source"]["popularity"],
            published_s=hit["_source"]["published_s"],
        )
        for hit in answer.get("hits", {}).get("hits", [])
    ]


def timed_request(ids: Sequence[str]) -> Json:
    """Return the request for what of documents has a time."""
    return {
        "query": {"ids": {"values": list(ids)}},
        "size": len(ids),
        "source": False,
        "stored_fields": ["timed"],
        "track_total_hits": False,
        "allow_partial_search_results": False,
        "filter_path": ["hits.hits._id", "hits.hits.fields"],
    }


def timed_of(answer: Json) -> dict[str, Timed]:
    hits = answer.get("hits", {}).get("hits", [])
    return {hit["_id"]: TIMED.validate_json(hit["fields"]["timed"][0]) for hit in hits if "fields" in hit}


def exists_request(token: str) -> Json:
    """Return the request that tells whether any public text holds a token."""
    return {
        "query": {"bool": {"filter": [_visible(()), _texts([token], operator="and")]}},
        "size": 0,
        "terminate_after": 1,
        "allow_partial_search_results": False,
        "filter_path": ["hits.total.value"],
    }


def title_words_request(only: Sequence[str] | None) -> Json:
    """Return the request for the words of public titles with the number of lessons that have them."""
    terms: Json = {"field": "title_words", "size": MAX_TITLE_WORDS}
    return {
        "query": {"bool": {"filter": [_visible(())]}},
        "aggregations": {"words": {"terms": terms if only is None else {**terms, "include": list(only)}}},
        "size": 0,
        "track_total_hits": False,
        "allow_partial_search_results": False,
        "filter_path": ["aggregations.words.buckets"],
    }


def title_words_of(answer: Json) -> dict[str, int]:
    buckets = answer.get("aggregations", {}).get("words", {}).get("buckets", [])
    return {row["key"]: row["doc_count"] for row in buckets}


def titles_requests(text: str, ways: Sequence[Typed], audience: tuple[str, ...]) -> tuple[Json, Json]:
    """Return the requests for titles that begin with a text, short ones first, and for those typed in these ways."""
    begins: Json = {"prefix": {"folded_title": {"value": folded_title(text)}}}
    typed: Json = {"bool": {"should": [_typed(way) for way in ways if way.tokens or way.prefix]}}
    common = {
        "size": CANDIDATES,
        "source": ["title"],
        "track_total_hits": False,
        "allow_partial_search_results": False,
        "filter_path": ["hits.hits._source.title"],
    }
    return (
        {"query": {"bool": {"filter": [_visible(audience), begins]}}, "sort": [{"title_length": "asc"}], **common},
        {"query": {"bool": {"filter": [_visible(audience), typed]}}, "sort": ["_doc"], **common},
    )


def titles_of(answer: Json) -> list[str]:
    return [hit["_source"]["title"] for hit in answer.get("hits", {}).get("hits", [])]


def versions_request(after: str | None, *, size: int) -> Json:
    """Return the request for the versions of the lessons after an id. Pages by id hold across a rebuild."""
    return {
        "query": {"term": {"is_deleted": False}},
        "sort": [{"id": "asc"}],
        **({"search_after": [after]} if after is not None else {}),
        "size": size,
        "source": False,
        "version": True,
        "track_total_hits": False,
        "allow_partial_search_results": False,
        "filter_path": ["hits.hits._id", "hits.hits._version"],
    }


def _page(query: Query, expression: Expression | None, *, size: int, offset: int) -> Json:
    return {
        "sort": _NEWEST if expression is None else _BEST,
        "size": size,
        "from": offset,
        "source": CANDIDATE,
        "allow_partial_search_results": False,
        # The same copy of the index for all pages of a question: copies may rank differently.
        "preference": f"{crc32(query.text.encode('utf-8', 'replace')):x}",
    }


def _question(query: Query, expression: Expression | None) -> Json:
    """Return what must be there, and what of it is scored: any token, as if all texts were one with weights (BM25F)."""
    if expression is None:
        return {"filter": [_visible(query.audience)]}
    loose = Expression(expression.concepts, Strictness.ANY).alternatives
    texts = [token for alternative in loose if not alternative.is_sound for token in alternative.tokens]
    scored: list[Json] = [_texts(texts, operator="or", boost=SCALE)]
    scored += [
        {"bool": {"must": [_alternative(alternative)], "boost": SCALE}} for alternative in loose if alternative.is_sound
    ]
    return {"filter": [_visible(query.audience), _match(expression)], "should": scored}


def _match(expression: Expression) -> Json:
    """Return what a lesson must hold."""
    if expression.strictness is Strictness.ANY:
        begun = [{"prefix": {"tokens.captions": {"value": character}}} for character in expression.begun]
        return {"bool": {"should": [*map(_alternative, expression.alternatives), *begun]}}
    concepts = [_concept(concept) for concept in expression.wanted]
    return {"bool": {"should": concepts, "minimum_should_match": expression.least}}


def _concept(concept: Concept) -> Json:
    return {"bool": {"should": [_alternative(alternative) for alternative in concept.alternatives]}}


def _alternative(alternative: Alternative) -> Json:
    if alternative.is_sound:
        return {"match": {"tokens.sounds": {"query": " ".join(alternative.tokens), "operator": "and"}}}
    return _texts(alternative.tokens, operator="and")


def _texts(tokens: Sequence[str], *, operator: str, boost: float = 1.0) -> Json:
    return {"combined_fields": {"query": " ".join(tokens), "fields": _FIELDS, "operator": operator, "boost": boost}}


def _typed(way: Typed) -> Json:
    clauses: list[Json] = [{"term": {"typed": {"value": token}}} for token in way.tokens]
    if way.prefix:
        clauses.append({"prefix": {"typed": {"value": way.prefix}}})
    return {"bool": {"filter": clauses}}


def _visible(audience: tuple[str, ...]) -> Json:
    """Return the filter of what is public or for the audience; tombstones are neither."""
    public: Json = {"term": {"is_public": True}}
    if not audience:
        return public
    return {"bool": {"should": [public, {"terms": {"audience": list(audience)}}]}}
