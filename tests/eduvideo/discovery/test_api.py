import json
from io import StringIO
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eduvideo.catalog import services as catalog
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.core.relay import relay_due_events
from eduvideo.discovery import services
from eduvideo.media.captioning import put_captions
from search.errors import EngineError
from tests.factories.catalog import a_video, asking

pytestmark = pytest.mark.django_db(transaction=True)

VTT = "WEBVTT\n\n00:02.000 --> 00:05.000\n先看定义。\n\n01:05.000 --> 01:09.000\n顶点可以用配方法求出。\n"


def publish(video: Video) -> Video:
    catalog.touch_video(video)
    relay_due_events()
    return video


def found(text: str, **filters: str) -> dict[str, object]:
    query = "&".join(f"{name}={quote(value)}" for name, value in {"q": text, **filters}.items())
    answer = asking(None).get(f"/api/v1/search?{query}")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


@pytest.mark.parametrize("words", ["二次函数", "函数", "二次函數", "二次", "函", "配方法"])
def test_chinese_words_of_any_length_and_script_are_found(words: str) -> None:
    video = a_video(title="二次函数的图像", language="zh", grade="9")
    put_captions(video.asset, language="zh", text=VTT)
    publish(video)
    result = found(words)
    assert [item["video"]["id"] for item in result["items"]] == [video.public_id]  # type: ignore[attr-defined]


def test_a_word_that_is_only_said_comes_with_its_second() -> None:
    video = a_video(title="二次函数的图像", language="zh")
    put_captions(video.asset, language="zh", text=VTT)
    publish(video)
    moments = found("配方法")["items"][0]["moments"]  # type: ignore[index]
    assert moments == [{"start_ms": 65_000, "text": "顶点可以用配方法求出。"}]


def test_english_is_found_by_its_stem() -> None:
    publish(a_video(title="Comparing fractions"))
    assert found("compare fraction")["total"] == 1


def test_facets_count_and_filter() -> None:
    publish(a_video(title="Waves of light", subject="physics", grade="8"))
    publish(a_video(title="Waves of sound", subject="physics", grade="9"))
    publish(a_video(title="Waves of the sea", subject="geography", grade="9"))
    result = found("waves", subject="physics")
    assert result["total"] == 2
    facets = json.loads(json.dumps(result["facets"]))
    assert {row["id"]: row["count"] for row in facets["subject"]} == {"physics": 2, "geography": 1}
    assert {row["id"]: row["count"] for row in facets["grade"]} == {"8": 1, "9": 1}


@pytest.mark.parametrize("how", ["unlist", "unpublish", "delete"])
def test_what_is_hidden_leaves_no_trace(how: str) -> None:
    video = publish(a_video(title="Secret waves"))
    assert found("waves")["total"] == 1
    if how == "unlist":
        catalog.update_video(video, by=video.owner, changes=catalog.VideoChanges(visibility=Visibility.UNLISTED.value))
    elif how == "unpublish":
        catalog.unpublish_video(video, by=video.owner)
    else:
        catalog.delete_video(video, by=video.owner)
    relay_due_events()
    result = found("waves")
    assert (result["total"], result["items"]) == (0, [])
    assert asking(None).get("/api/v1/suggest?q=Sec").json()["items"] == []


def test_a_stale_index_never_shows_what_the_database_hides() -> None:
    video = publish(a_video(title="Secret waves"))
    Video.objects.filter(pk=video.pk).update(state=VideoState.DRAFT)
    assert found("waves")["items"] == []


def test_the_number_of_queries_does_not_grow() -> None:
    counts = []
    for more in (1, 19):
        for _ in range(more):
            publish(a_video(title="Waves"))
        with CaptureQueriesContext(connection) as queries:
            found("waves")
        counts.append(len(queries))
    assert counts == [1, 1]


def test_pages_follow_one_another() -> None:
    made = {publish(a_video(title=f"Waves {n}")).public_id for n in range(25)}
    first = found("waves")
    second = found("waves", cursor=str(first["next"]))
    shown = [item["video"]["id"] for page in (first, second) for item in page["items"]]  # type: ignore[attr-defined]
    assert sorted(shown) == sorted(made)
    assert second["next"] is None


@pytest.mark.parametrize(
    "text",
    [
        '"',
        "*",
        "a AND",
        "NEAR(",
        "-",
        "^",
        "title:x",
        "'; DROP TABLE document; --",
        "x" * 10_000,
        "\u202e\u0007",
        "（）",
        "{}",
    ],
)
def test_odd_questions_have_normal_answers(text: str) -> None:
    assert asking(None).get("/api/v1/search", {"q": text}).status_code == 200
    assert asking(None).get("/api/v1/suggest", {"q": text}).status_code == 200


@pytest.mark.parametrize("wrong", ["cursor=forged", "subject=magic", "grade=99"])
def test_forged_parameters_are_refused(wrong: str) -> None:
    answer = asking(None).get(f"/api/v1/search?q=x&{wrong}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == wrong.partition("=")[0]


def test_search_being_away_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise EngineError("disk gone", retryable=True)

    monkeypatch.setattr("eduvideo.discovery.queries.search_engine", fail)
    answer = asking(None).get("/api/v1/search?q=x")
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    page = asking(None).get("/search?q=x")
    assert page.status_code == 503
    assert b"away" in page.content
    assert b"disk gone" not in page.content


def test_the_index_can_be_compared_and_repaired() -> None:
    kept, gone = publish(a_video(title="Kept")), publish(a_video(title="Gone"))
    missing = a_video(title="Missing")
    Video.objects.filter(pk=gone.pk).update(state=VideoState.DRAFT)
    Video.objects.filter(pk=kept.pk).update(revision=9)
    out = StringIO()
    with pytest.raises(CommandError, match="differs"):
        call_command("search_reconcile", stdout=out)
    assert set(out.getvalue().split("\n")) >= {
        f"missing {missing.public_id}", f"stale {kept.public_id}", f"orphaned {gone.public_id}",
    }  # fmt: skip
    call_command("search_reconcile", "--fix", stdout=out)
    assert not services.difference()


def test_the_index_is_built_anew() -> None:
    a_video(title="Waves")
    call_command("search_reindex", stdout=StringIO(), stderr=StringIO())
    assert found("waves")["total"] == 1
