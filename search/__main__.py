"""`python -m search index|query`: build an index from documents, answer questions in bulk."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from search.documents import Document, read_documents
from search.engines import SearchEngine, open_engine
from search.errors import BadQueryError, SearchError
from search.query import Query

PROGRESS_EVERY = 1000
ENGINES = ("sqlite", "elasticsearch")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns 0, 2 for input that cannot be used (said on stderr), 1 for our own fault."""
    options = _parser().parse_args(arguments)
    try:
        engine = open_engine(options.at, kind=options.engine)
        try:
            _index(engine, options) if options.command == "index" else _query(engine, options)
        finally:
            engine.close()
    except (SearchError, OSError, UnicodeDecodeError) as error:
        print(f"search: {error}", file=sys.stderr)
        return 2
    return 0


def _index(engine: SearchEngine, options: argparse.Namespace) -> None:
    with options.documents.open(encoding="utf-8") as lines:
        count = engine.rebuild(_counted(read_documents(lines)))
    print(f"\r{count} documents indexed", file=sys.stderr)


def _counted(documents: Iterator[Document]) -> Iterator[Document]:
    for number, document in enumerate(documents, 1):
        if number % PROGRESS_EVERY == 0:
            print(f"\r{number} documents ...", end="", file=sys.stderr, flush=True)
        yield document


def _query(engine: SearchEngine, options: argparse.Namespace) -> None:
    with options.queries.open(encoding="utf-8") as lines, options.out.open("w", encoding="utf-8") as out:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            key, query = _read_query(line, number=number, limit=options.k)
            results = engine.search(query)
            answer = {
                "query_id": key,
                "total": results.total,
                "hits": [
                    {
                        "id": hit.id,
                        "score": hit.score,
                        "moments": [{"start_ms": moment.start_ms, "text": moment.text} for moment in hit.moments],
                    }
                    for hit in results.hits
                ],
                "facets": results.facets,
                "took_ms": results.took_ms,
            }
            out.write(json.dumps(answer, ensure_ascii=False) + "\n")


def _read_query(line: str, *, number: int, limit: int) -> tuple[str, Query]:
    try:
        row = json.loads(line)
        return str(row["id"]), Query.model_validate({**row, "limit": limit})
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise BadQueryError(f"{number}: a query needs an id and a text: {error}") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m search", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    index = commands.add_parser("index", help="(re)build an index from documents, one JSON object a line")
    query = commands.add_parser("query", help="answer queries, one JSON object a line")
    for command in (index, query):
        command.add_argument("--engine", choices=ENGINES, help="by default the one that the place is for")
        command.add_argument("--at", required=True, metavar="PLACE", help="folder of the index, or URL of a server")
    index.add_argument("documents", type=Path, metavar="DOCS.jsonl")
    query.add_argument("--queries", type=Path, required=True, metavar="Q.jsonl")
    query.add_argument("--out", type=Path, required=True, metavar="RUN.jsonl")
    query.add_argument("--k", type=int, default=10, help="hits per query (default 10)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
