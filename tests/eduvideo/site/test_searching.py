"""The page of search."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eduvideo.catalog import services as catalog
from eduvideo.catalog.models import Video
from eduvideo.core.relay import relay_due_events
from eduvideo.discovery.engine import search_engine
from eduvideo.media.captioning import put_captions
from search.errors import EngineError
from tests.factories.catalog import a_video, asking

pytestmark = pytest.mark.django_db(transaction=True)

MOST_QUERIES = 8


@pytest.fixture(autouse=True)
def empty_index() -> None:
    search_engine().rebuild([])


def indexed(*videos: Video) -> None:
    for video in videos:
        catalog.touch_video(video)
    relay_due_events()


def page_of(address: str, *, status: int = 200) -> str:
    answer = asking(None).get(address)
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def links_of(page: str, css_class: str) -> dict[str, str]:
    """Return the addresses of links with a class, by their texts."""
    found = re.findall(rf'<a class="{css_class}" href="([^"]+)"[^>]*>(.*?)</a>', page, re.DOTALL)
    return {" ".join(re.sub("<.*?>", " ", text).split()): url.replace("&amp;", "&") for url, text in found}


def test_words_are_marked_and_moments_open_the_player_there() -> None:
    video = a_video(title="配方法的图像", language="zh")
    put_captions(video.asset, language="zh", text="WEBVTT\n\n01:05.000 --> 01:09.000\n用配方法求顶点\n")
    indexed(video)
    page = page_of("/search?q=配方法")
    assert f'href="/watch/{video.public_id}?t=65"' in page
    assert "用<mark>配方法</mark>求顶点" in page
    assert "<mark>配方法</mark>的图像" in page


def test_a_lesson_that_is_found_by_its_description_shows_it() -> None:
    video = a_video(title="The cycle")
    Video.objects.update(description="How <b>water</b> rises and falls")
    indexed(video)
    assert "How &lt;b&gt;water&lt;/b&gt; rises and falls" in page_of("/search?q=water")


def test_what_was_read_in_the_question_can_be_taken_away() -> None:
    indexed(
        a_video(title="Buoyancy", subject="physics", grade="8"),
        a_video(title="Buoyancy again", subject="physics", grade="9"),
        a_video(title="Buoyancy of ships", subject="history", grade="8"),
    )
    page = page_of("/search?q=grade 8 physics buoyancy")
    assert "1 lesson" in page
    chips = links_of(page, "choice removable")
    assert set(chips) == {"Physics", "Grade 8"}
    wider = page_of(chips["Grade 8"])
    assert set(links_of(wider, "choice removable")) == {"Physics"}
    assert "2 lessons" in wider
    only = page_of("/search?q=physics")
    assert "2 lessons" in only
    assert links_of(page_of(links_of(only, "choice removable")["Physics"]), "choice removable") == {}


def test_only_facets_that_make_a_difference_are_shown() -> None:
    indexed(a_video(title="Halves", grade="4"), a_video(title="Halves again", grade="5"))
    facets = page_of("/search?q=Halves").split('class="facets"')[1].split("</details>")[0]
    assert "grade=4" in facets
    assert "grade=5" in facets
    assert "subject=" not in facets
    chosen = page_of("/search?q=Halves&grade=4")
    assert 'href="/search?q=Halves" aria-current="true"' in chosen
    assert set(links_of(chosen, "choice removable")) == {"Grade 4"}


def test_totals_are_honest_and_typing_errors_are_named() -> None:
    indexed(a_video(title="Photosynthesis in leaves"), a_video(title="Photosynthesis"))
    assert "2 lessons; 1 with all words" in page_of("/search?q=photosynthesis leaves")
    page = page_of("/search?q=photosyntesis")
    assert '<a href="/search?q=photosynthesis">photosynthesis</a>' in page


def test_an_empty_result_says_which_filter_leaves_nothing() -> None:
    indexed(a_video(title="Halves", subject="mathematics", grade="4"))
    page = page_of("/search?q=Halves&grade=9&subject=mathematics")
    assert "Nothing was found" in page
    ways = links_of(page, "choice")
    assert ways["Without “Grade 9” 1"] == "/search?q=Halves&subject=mathematics"
    assert ways["Without any filter 1"] == "/search?q=Halves"
    assert "Without “Mathematics” 1" not in ways
    assert "No lesson has any of these words" in page_of("/search?q=zzz")
    assert links_of(page_of("/search?q=zzz"), "choice") == {"Mathematics 1": "/browse?subject=mathematics"}


def test_search_being_away_is_said_and_browsing_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise EngineError("disk gone", retryable=True)

    a_video(subject="physics")
    monkeypatch.setattr("eduvideo.discovery.queries.asking_engine", fail)
    page = page_of("/search?q=x", status=503)
    assert "away" in page
    assert "disk gone" not in page
    assert links_of(page, "choice") == {"Physics 1": "/browse?subject=physics"}


def test_queries_do_not_grow() -> None:
    counts = []
    for more in (1, 19):
        indexed(*(a_video(title="Halves") for _ in range(more)))
        page_of("/search?q=Halves")
        with CaptureQueriesContext(connection) as queries:
            page_of("/search?q=Halves")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= MOST_QUERIES
