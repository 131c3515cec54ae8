"""How documents lie in Elasticsearch. Pure.

One document per lesson, its captions and chapters nested in it: they are written and removed together, and cost one
small Lucene document each. Fields hold tokens of analysis.py with a space between them (whitespace analyzer). Only what
answers show is kept; the rest of a lesson is in the database, from which the index is built anew. The texts of moments
are stored with each of them, not in _source, which would be read whole for every hit: ten hits of 2,000 captions took 8
instead of 31 ms.

A deleted lesson stays as a tombstone, `is_deleted` and nothing else: Elasticsearch itself forgets the versions of what
it deleted after a minute (index.gc_deletes). Nobody sees one, because it has neither `is_public` nor an audience.
"""

from typing import Any

from search.documents import MAX_MOMENTS, Document, entry_of
from search.engines.elasticsearch.place import Place
from search.query import MAX_LIMIT, MAX_OFFSET, WEIGHTS

Json = dict[str, Any]  # Any: requests and answers are JSON, whose shapes the client does not type

FORMAT = 1  # raise it with every change of MAPPINGS or source_of; an index of another format must be built anew

# Stand-ins that normalized text never holds: a space inside a title, and the end of a title.
SPACE, END = "\ue000", "\ue001"

_TOKENS = {"type": "text", "analyzer": "whitespace", "index_options": "freqs"}
MAPPINGS: Json = {
    "dynamic": "strict",
    "_meta": {"format": FORMAT},
    "_source": {"includes": ["title"]},
    "properties": {
        "id": {"type": "keyword", "index": False},
        "is_deleted": {"type": "boolean", "doc_values": False},
        "is_public": {"type": "boolean", "doc_values": False},
        "audience": {"type": "keyword", "doc_values": False},
        "subject": {"type": "keyword"},
        "grade": {"type": "keyword"},
        "language": {"type": "keyword", "doc_values": False},
        "title": {"type": "keyword", "index": False, "doc_values": False},
        "folded_title": {"type": "keyword"},
        "title_length": {"type": "short", "index": False},
        "title_pairs": {"type": "text", "analyzer": "whitespace", "norms": False},
        "tokens": {"properties": dict.fromkeys(WEIGHTS, _TOKENS)},
        "moments": {
            "type": "nested",
            "properties": {
                "start_ms": {"type": "long", "index": False},
                "text": {"type": "text", "index": False, "store": True},
                "tokens": _TOKENS,
            },
        },
    },
}


def settings_of(place: Place) -> Json:
    """Return the settings of a new index; one shard, so that counts of facets are exact."""
    replicas = {"number_of_replicas": place.replicas} if place.replicas.isdigit() else {
        "auto_expand_replicas": place.replicas
    }  # fmt: skip
    return {
        "number_of_shards": 1,
        "max_result_window": MAX_OFFSET + MAX_LIMIT,
        "mapping.nested_objects.limit": 2 * MAX_MOMENTS,
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
        "title": document.title,
        "folded_title": entry.title,
        "title_length": len(entry.title),
        "title_pairs": " ".join(title_pairs(entry.title + END)),
        "tokens": entry.tokens,
        "moments": [
            {"start_ms": moment.start_ms, "text": moment.text, "tokens": moment.tokens} for moment in entry.moments
        ],
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


def title_pairs(title: str) -> list[str]:
    """Return the overlapping pairs of characters of a folded title: those of a part of it are a phrase in them."""
    characters = title.replace(" ", SPACE)
    return [characters[i : i + 2] for i in range(len(characters) - 1)]
