"""How documents lie in Elasticsearch. Pure.

One document per lesson. Fields hold tokens of analysis.py with a space between them (whitespace analyzer). _source has
what the best answers are put in order by; captions and chapters are a stored field, which is read for the few that are
shown: captions in _source would be read whole for every candidate.

A deleted lesson stays as a tombstone, `is_deleted` and nothing else: Elasticsearch itself forgets the versions of what
it deleted after a minute (index.gc_deletes). Nobody sees one, because it has neither `is_public` nor an audience.
"""

from typing import Any

from search.documents import TIMED, Document, entry_of, timed_of
from search.engines.base import WINDOW
from search.engines.elasticsearch.place import Place
from search.query import MAX_LIMIT, MAX_OFFSET, WEIGHTS, duration_of

Json = dict[str, Any]  # Any: requests and answers are JSON, whose shapes the client does not type

FORMAT = 4  # raise it with every change of MAPPINGS or source_of; an index of another format must be built anew

CANDIDATE = ["folded_title", "terms", "grade", "language", "popularity", "published_s"]
_TOKENS = {"type": "text", "analyzer": "whitespace", "index_options": "freqs"}
_KEPT = {"type": "keyword", "index": False, "doc_values": False}
MAPPINGS: Json = {
    "dynamic": "strict",
    "_meta": {"format": FORMAT},
    "_source": {"includes": ["title", *CANDIDATE]},
    "properties": {
        "id": {"type": "keyword", "index": False},
        "is_deleted": {"type": "boolean", "doc_values": False},
        "is_public": {"type": "boolean", "doc_values": False},
        "audience": {"type": "keyword", "doc_values": False},
        "subject": {"type": "keyword"},
        "grade": {"type": "keyword"},
        "language": {"type": "keyword"},
        "duration": {"type": "keyword"},
        "captions": {"type": "keyword"},
        "creator": {"type": "keyword"},
        "popularity": {"type": "float", "index": False, "doc_values": False},
        "published_s": {"type": "long", "index": False},
        "title": _KEPT,
        "folded_title": {"type": "keyword", "doc_values": False},
        "title_length": {"type": "short", "index": False},
        "title_words": {"type": "keyword"},
        "typed": {"type": "text", "analyzer": "whitespace", "index_options": "docs", "norms": False},
        "terms": {"type": "text", "index": False},
        "tokens": {"properties": dict.fromkeys(WEIGHTS, _TOKENS)},
        "timed": {"type": "text", "index": False, "store": True},
    },
}


def settings_of(place: Place) -> Json:
    """Return the settings of a new index; one shard, so that counts of facets are exact."""
    replicas = {"number_of_replicas": place.replicas} if place.replicas.isdigit() else {
        "auto_expand_replicas": place.replicas
    }  # fmt: skip
    return {
        "number_of_shards": 1,
        "max_result_window": MAX_OFFSET + MAX_LIMIT + WINDOW,
        **replicas,
    }


def source_of(document: Document) -> Json:
    """Return what is stored of a lesson."""
    entry = entry_of(document)
    return {
        "id": document.id,
        "is_deleted": False,
        "is_public": not document.audience,
        "audience": document.audience,
        "subject": document.subject or None,
        "grade": document.grade or None,
        "language": document.language or None,
        "duration": duration_of(document.duration_s) or None,
        "captions": "yes" if document.captions else None,
        "creator": document.creator or None,
        "popularity": document.popularity,
        "published_s": document.published_s,
        "title": document.title,
        "folded_title": entry.title,
        "title_length": len(entry.title),
        "title_words": entry.words,
        "typed": entry.typed,
        "terms": entry.terms,
        "tokens": entry.tokens,
        "timed": TIMED.dump_json(timed_of(document)).decode(),
    }


TOMBSTONE: Json = {"is_deleted": True}


def stored_version(version: int) -> int:
    """Return the external version of a lesson: twice its own, so that a tombstone of it fits in between."""
    return 2 * version


def tombstone_version(version: int) -> int:
    """Return the external version of a tombstone: later than the lesson of this version, earlier than of the next."""
    return 2 * version + 1


def version_of(stored: int) -> int:
    return stored // 2
