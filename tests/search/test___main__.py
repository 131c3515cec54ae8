"""The command line, and the quality of its answers on sets that others judged."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from search.engines import SearchEngine
from tests.environment import free_port

pytestmark = pytest.mark.slow


def search(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "search", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def ndcg(run: Path, queries: Path) -> float:
    relevant = {row["id"]: row["relevant"] for row in lines(queries)}
    total = 0.0
    for row in lines(run):
        gains: dict[str, float] = relevant[row["query_id"]]  # type: ignore[assignment]
        found = sum(gains.get(hit["id"], 0) / math.log2(i + 2) for i, hit in enumerate(row["hits"][:10]))  # type: ignore[index]
        best = sum(gain / math.log2(i + 2) for i, gain in enumerate(sorted(gains.values(), reverse=True)[:10]))
        total += found / best if best else 0
    return total / len(relevant)


def test_an_index_is_built_and_asked_in_bulk(kind: str, place: str, tmp_path: Path) -> None:
    documents, queries, run = tmp_path / "docs.jsonl", tmp_path / "q.jsonl", tmp_path / "run.jsonl"
    documents.write_text(
        json.dumps({"id": "1", "title": "光的折射", "subject": "physics", "grade": "8", "language": "zh",
                    "captions": [{"start_ms": 5000, "end_ms": 9000, "text": "入射角和折射角"}]}) + "\n",
        encoding="utf-8",
    )  # fmt: skip
    queries.write_text(
        '{"id": "a", "text": "入射角"}\n\n{"id": "b", "text": "x", "subject": "music"}\n', encoding="utf-8"
    )
    where = ("--engine", kind, "--at", place)
    assert search("index", *where, str(documents)).stderr.strip() == "1 documents indexed"
    assert search("query", *where, "--queries", str(queries), "--out", str(run)).returncode == 0
    first, second = lines(run)
    assert first["total"] == 1
    assert first["hits"][0]["moments"] == [{"start_ms": 5000, "text": "入射角和折射角"}]  # type: ignore[index]
    assert first["facets"] == {"subject": {"physics": 1}, "grade": {"8": 1}}
    assert first["took_ms"] > 0  # type: ignore[operator]
    assert (second["query_id"], second["total"], second["hits"]) == ("b", 0, [])


@pytest.mark.parametrize(
    "bad", ["{", '{"id": "1"}', '{"id": "", "title": "x"}', '{"id": "1", "title": "x", "captions": [{}]}']
)
def test_a_bad_line_is_named_and_the_index_stays(bad: str, place: str, engine: SearchEngine, tmp_path: Path) -> None:
    documents = tmp_path / "docs.jsonl"
    documents.write_text('{"id": "0", "title": "Waves"}\n', encoding="utf-8")
    assert search("index", "--at", place, str(documents)).returncode == 0
    documents.write_text(f'{{"id": "1", "title": "Light"}}\n{bad}\n', encoding="utf-8")
    done = search("index", "--at", place, str(documents))
    assert done.returncode == 2
    assert "line 2" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(engine.versions()) == [("0", 0)]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    done = search("index", "--at", str(tmp_path / "index"), str(tmp_path / "none.jsonl"))
    assert done.returncode == 2
    assert "none.jsonl" in done.stderr


@pytest.mark.parametrize(
    ("kind", "place", "says"),
    [
        ("sqlite", "http://user:secret@127.0.0.1:9200", "needs a folder"),
        ("elasticsearch", "folder", "needs the http(s) URL"),
        (None, "http://user:secret@127.0.0.1:{port}/school", "is away"),
        (None, "http://user:secret@127.0.0.1/Wrong", "cannot begin"),
        (None, "ftp://user:secret@127.0.0.1", "no search engine at ftp://"),
    ],
)
def test_a_place_that_does_not_fit_is_told_in_one_line(kind: str | None, place: str, says: str, tmp_path: Path) -> None:
    documents = tmp_path / "docs.jsonl"
    documents.write_text('{"id": "0", "title": "Waves"}\n', encoding="utf-8")
    chosen = ("--engine", kind) if kind else ()
    at = place.format(port=free_port()) if "://" in place else str(tmp_path / place)
    done = search("index", *chosen, "--at", at, str(documents))
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert "secret" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "documents", "least"),
    [
        ("topics-en", "topics-en", 0.5),
        ("passages-zh", "passages-zh", 0.955),
        ("crosslang-zh-en", "passages-en", 0.75),
    ],
)
def test_answers_are_as_good_as_before(
    name: str, documents: str, least: float, place: str, fixtures: Path, tmp_path: Path
) -> None:
    folder, run = fixtures / "relevance", tmp_path / "run.jsonl"
    queries = folder / f"{name}.queries.jsonl"
    assert search("index", "--at", place, str(folder / f"{documents}.docs.jsonl")).returncode == 0
    assert search("query", "--at", place, "--queries", str(queries), "--out", str(run)).returncode == 0
    assert ndcg(run, queries) >= least
