"""Questions as Elasticsearch takes them, and its answers as ours. Pure."""

from zlib import crc32

from search.analysis import folded_title
from search.engines.elasticsearch.mapping import SPACE, Json, title_pairs
from search.query import (
    MOMENTS_PER_HIT,
    TITLE_HOLDS_QUESTION,
    TITLE_IS_QUESTION,
    WEIGHTS,
    Expression,
    Query,
    Strictness,
)
from search.results import Hit, Moment, Results

FACETS = ("subject", "grade")
MAX_FACET_VALUES = 10_000
# Lucene's BM25 leaves out the constant factor (k1 + 1) that SQLite's has; the boosts are on SQLite's scale.
SCALE = 2.2
_FIELDS = [f"tokens.{name}^{weight}" for name, weight in WEIGHTS.items()]


def search_request(query: Query, expression: Expression | None) -> Json:
    """Return the request for one page, with its total, facets and moments: one round trip."""
    filters = [_visible(query.audience), *_equal("language", query.language)]
    chosen = {name: _equal(name, getattr(query, name)) for name in FACETS}
    question: dict[str, object] = {"filter": filters}
    if expression:
        question["must"] = [_words(expression)]
        question["should"] = _title_boosts(query.text)
        filters.append(_with_moments(expression))
    return {
        "query": {"bool": question},
        # After the facets were counted: each of them leaves out its own filter.
        "post_filter": {"bool": {"filter": [clause for clauses in chosen.values() for clause in clauses]}},
        "aggregations": {
            name: {
                "filter": {"bool": {"filter": [c for other in FACETS if other != name for c in chosen[other]]}},
                "aggregations": {"values": {"terms": {"field": name, "size": MAX_FACET_VALUES}}},
            }
            for name in FACETS
        },
        "sort": [{"_score": "desc"}, {"id": "asc"}],
        "size": query.limit,
        "from": query.offset,
        "source": False,
        "track_total_hits": True,
        "allow_partial_search_results": False,
        # The same copy of the index for all pages of a question: copies may rank differently.
        "preference": f"{crc32(query.text.encode()):x}",
        "filter_path": [
            "hits.total.value", "hits.hits._id", "hits.hits._score", "hits.hits.inner_hits.*.hits.hits.fields",
            "aggregations.*.values.buckets",
        ],
    }  # fmt: skip


def results_of(answer: Json) -> Results:
    """Read the answer to a search_request."""
    found = answer["hits"]
    return Results(
        total=found["total"]["value"],
        hits=tuple(
            Hit(id=hit["_id"], score=round(hit.get("_score") or 0.0, 4), moments=_moments(hit.get("inner_hits", {})))
            for hit in found.get("hits", [])
        ),
        facets={
            name: {row["key"]: row["doc_count"] for row in counted["values"]["buckets"]}
            for name, counted in answer["aggregations"].items()
        },
    )


def suggest_request(folded: str, *, limit: int, audience: tuple[str, ...]) -> Json:
    """Return the request for titles that hold a folded text, those that begin with it first, shorter ones first."""
    begins = {"constant_score": {"filter": {"prefix": {"folded_title": {"value": folded}}}}}
    return {
        "query": {"bool": {"filter": [_visible(audience), _title_holds(folded)], "should": [begins]}},
        "sort": [{"_score": "desc"}, {"title_length": "asc"}, {"folded_title": "asc"}, {"id": "asc"}],
        "collapse": {"field": "folded_title"},
        "size": limit,
        "source": ["title"],
        "allow_partial_search_results": False,
        "filter_path": ["hits.hits._source.title"],
    }


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


def _words(expression: Expression) -> Json:
    """Return what the texts must hold. The tokens are scored as if all fields were one, with weights (BM25F)."""
    operator = "and" if expression.strictness is Strictness.ALL else "or"
    return {
        "combined_fields": {
            "query": " ".join(expression.tokens),
            "fields": _FIELDS,
            "operator": operator,
            "boost": SCALE,
        }
    }


def _title_boosts(text: str) -> list[Json]:
    folded = folded_title(text)
    if not folded:
        return []
    return [
        {"constant_score": {"filter": {"term": {"folded_title": folded}}, "boost": TITLE_IS_QUESTION}},
        {"constant_score": {"filter": _title_holds(folded), "boost": TITLE_HOLDS_QUESTION}},
    ]


def _title_holds(folded: str) -> Json:
    """Return the filter for titles with a text somewhere in them, as typed."""
    if len(folded) == 1:
        return {"prefix": {"title_pairs": {"value": folded.replace(" ", SPACE)}}}
    return {"match_phrase": {"title_pairs": {"query": " ".join(title_pairs(folded))}}}


def _with_moments(expression: Expression) -> Json:
    """Return a filter that lets everything pass, and asks for the moments of the hits that are shown.

    Optional clauses beside a required one are dropped where nothing is scored (Lucene's rewriteNoScoring), so this
    costs nothing until a hit is fetched.
    """
    wanted = {"whole": [[_token(token) for token in group] for group in expression.groups]}
    if expression.strictness is Strictness.ANY:
        wanted["some"] = [[_token(token)] for token in expression.tokens]
    return {
        "bool": {
            "must": [{"match_all": {}}],
            "should": [
                {
                    "nested": {
                        "path": "moments",
                        "query": {"bool": {"should": [{"bool": {"must": part}} for part in parts]}},
                        "inner_hits": {
                            "name": name,
                            "size": MOMENTS_PER_HIT,
                            "sort": [{"_score": "desc"}, {"moments.start_ms": "asc"}],
                            "_source": False,
                            "docvalue_fields": ["moments.start_ms"],
                            "stored_fields": ["moments.text"],
                        },
                    }
                }
                for name, parts in wanted.items()
            ],
        }
    }


def _token(token: str) -> Json:
    return {"term": {"moments.tokens": {"value": token}}}


def _moments(inner: Json) -> tuple[Moment, ...]:
    """Return the moments that hold one whole part of the question, or else some token of it, in the order of time."""
    found = [
        [_moment(hit["fields"]) for hit in inner[name]["hits"].get("hits", [])]
        for name in ("whole", "some")
        if name in inner
    ]
    kept = next((moments for moments in found if moments), [])
    return tuple(sorted(kept, key=lambda moment: moment.start_ms))


def _moment(fields: Json) -> Moment:
    return Moment(start_ms=fields["moments.start_ms"][0], text=fields["moments.text"][0])


def _visible(audience: tuple[str, ...]) -> Json:
    """Return the filter of what is public or for the audience; tombstones are neither."""
    public: Json = {"term": {"is_public": True}}
    if not audience:
        return public
    return {"bool": {"should": [public, {"terms": {"audience": list(audience)}}]}}


def _equal(name: str, value: str | None) -> list[Json]:
    return [{"term": {name: value}}] if value else []
