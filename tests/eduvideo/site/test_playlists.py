import json
import re
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Role, User
from eduvideo.catalog import services as catalog
from eduvideo.catalog.models import Playlist, Video, VideoState, Visibility
from eduvideo.study.services import save_progress
from tests.factories.catalog import a_playlist, a_video, asking
from tests.factories.danmaku import a_person
from tests.factories.pages import XSS, Scripts

pytestmark = pytest.mark.django_db(transaction=True)


def text_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return answer.content.decode()


def page_of(playlist: Playlist, person: User | None = None) -> str:
    return text_of(asking(person), f"/playlist/{playlist.public_id}")


def structured(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


@pytest.fixture
def creator() -> User:
    return a_person(Role.CREATOR)


class TestThePage:
    def test_it_shows_sections_numbers_lengths_and_where_to_begin(self, creator: User) -> None:
        one, two = (a_video(owner=creator, title=title) for title in ("One", "Two"))
        playlist = a_playlist(
            owner=creator, title="Fractions", sections={"Halves": [one], "Thirds": [two], "Empty": []}
        )
        page = page_of(playlist)
        assert "<h1>Fractions</h1>" in page
        assert page.index("Halves") < page.index("One") < page.index("Thirds") < page.index("Two")
        assert "Empty" not in page
        assert "2 lessons" in page
        assert "2:00 in all" in page
        assert f'href="/watch/{one.public_id}?list={playlist.public_id}&amp;play=1">Play all' in page
        assert page.count("thumbnail.jpg") == 2

    def test_it_says_what_is_learned_in_each_section_and_how_long_that_takes(self, creator: User) -> None:
        one, two = (a_video(owner=creator, title=title) for title in ("One", "Two"))
        playlist = a_playlist(owner=creator, sections={"Halves": [one], "Thirds": [two]})
        playlist.sections.filter(title="Thirds").update(description="Cut <b>three</b>\nways")
        page = page_of(playlist)
        head = page[page.index('id="part-1"') : page.index("Two")]
        assert "1 lesson · 1:00" in re.sub(r"<[^>]+>|\s+", " ", head).replace("  ", " ")
        assert "Cut &lt;b&gt;three&lt;/b&gt;<br>ways" in head

    def test_it_says_how_far_its_reader_is_and_goes_on_there(self, creator: User) -> None:
        videos = [a_video(owner=creator, title=title) for title in ("One", "Two", "Three")]
        playlist, reader = a_playlist(*videos), a_person()
        assert "watched" not in page_of(playlist, reader)
        save_progress(videos[0], user=reader, position_ms=60_000)
        save_progress(videos[1], user=reader, position_ms=20_000)
        page = page_of(playlist, reader)
        assert "1 of 3 watched" in page
        assert f'href="/watch/{videos[1].public_id}?list={playlist.public_id}&amp;play=1">Go on with lesson 2' in page
        assert page.count("✓ Watched") == 1
        assert 'class="seen" max="60000" value="20000"' in page
        assert "watched" not in page_of(playlist)  # nobody else's
        for video in videos:
            save_progress(video, user=reader, position_ms=60_000)
        page = page_of(playlist, reader)
        assert "3 of 3 watched" in page
        assert f'href="/watch/{videos[0].public_id}?list={playlist.public_id}&amp;play=1">Watch again' in page

    def test_search_engines_and_other_sites_learn_of_it(self, creator: User) -> None:
        listed, unlisted = a_video(owner=creator), a_video(owner=creator, visibility=Visibility.UNLISTED)
        playlist = a_playlist(listed, unlisted)
        page, base = page_of(playlist), settings.EDUVIDEO.base_url
        assert f'<link rel="canonical" href="{base}/playlist/{playlist.public_id}">' in page
        for kind in ("application/json+oembed", "text/xml+oembed"):
            assert re.search(rf'<link rel="alternate" type="{re.escape(kind)}" href="{base}/oembed\?url=[^"]+"', page)
        found = structured(page)
        assert (found["@type"], found["numberOfItems"]) == ("ItemList", 1)
        assert found["itemListElement"][0]["url"] == f"{base}/watch/{listed.public_id}"

    def test_it_offers_the_code_to_copy(self, creator: User) -> None:
        playlist = a_playlist(a_video(owner=creator))
        page = page_of(playlist)
        assert "&lt;iframe src=" in page
        assert f"/embed/playlist/{playlist.public_id}&quot;" in page

    @pytest.mark.parametrize(
        ("state", "visibility", "mark"),
        [
            (VideoState.DRAFT, Visibility.PUBLIC, "Draft, only you see it"),
            (VideoState.WITHDRAWN, Visibility.PUBLIC, "Withdrawn: only you see it"),
            (VideoState.PUBLISHED, Visibility.EMBED, "Only in frames of listed sites"),
            (VideoState.PUBLISHED, Visibility.ORGANIZATION, "Only you see it here"),
        ],
    )
    def test_what_is_hidden_is_marked_for_its_owner_and_nothing_for_others(
        self, state: VideoState, visibility: Visibility, mark: str, creator: User
    ) -> None:
        hidden = a_video(owner=creator, title="Secret", state=state, visibility=visibility)
        playlist = a_playlist(hidden, a_video(owner=creator, title="Open"))
        for person in (None, a_person(Role.CREATOR)):
            page = page_of(playlist, person)
            assert "Secret" not in page
            assert hidden.public_id not in page
            assert "1 lesson<" in page
            assert "1:00 in all" in page
        page = page_of(playlist, creator)
        assert "Secret" in page
        assert mark in page
        assert "1 lesson<" in page

    def test_what_somebody_else_has_hidden_has_no_name_even_for_the_playlists_owner(self, creator: User) -> None:
        theirs = a_video(title="Theirs")
        playlist = a_playlist(theirs, owner=creator)
        catalog.unpublish_video(theirs, by=theirs.owner)
        page = page_of(playlist, creator)
        assert "Theirs" not in page
        assert "its creator has hidden" in page
        assert "Not available" in page

    def test_a_draft_is_for_its_owner_and_never_in_search_engines(self, creator: User) -> None:
        playlist = a_playlist(a_video(owner=creator), is_published=False)
        text_of(asking(None), f"/playlist/{playlist.public_id}", 404)
        text_of(asking(None), "/playlist/%00", 404)
        page = page_of(playlist, creator)
        assert "noindex" in page
        assert "oembed" not in page
        assert "ld+json" not in page

    def test_an_empty_one_says_so(self, creator: User) -> None:
        assert "no lesson to show here yet" in page_of(a_playlist(owner=creator))

    def test_it_speaks_the_readers_language(self, creator: User) -> None:
        playlist = a_playlist(a_video(owner=creator))
        page = asking(None).get(f"/playlist/{playlist.public_id}", headers={"Accept-Language": "zh-CN"})
        assert "全部播放" in page.content.decode()


@pytest.mark.parametrize("path", ["/playlist/{list}", "/watch/{video}?list={list}", "/studio/playlists/{list}"])
def test_queries_do_not_grow_and_are_few(path: str, creator: User) -> None:
    client, counts = asking(creator), []
    for number in (1, 20):
        videos = [a_video(owner=creator, subject="mathematics") for _ in range(number)]
        playlist = a_playlist(*videos)
        url = path.format(list=playlist.public_id, video=videos[0].public_id)
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            text_of(client, url)
        counts.append(len(queries))
    assert counts[1] <= counts[0] + 1  # a watch page also shows others of its subject
    assert max(counts) <= 13


def test_the_studios_list_needs_few_queries_for_many_playlists(creator: User) -> None:
    client, counts = asking(creator), []
    for more in (1, 19):
        for _ in range(more):
            a_playlist(a_video(owner=creator))
        client.get("/studio/playlists")
        with CaptureQueriesContext(connection) as queries:
            text_of(client, "/studio/playlists")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 6


@pytest.mark.parametrize("path", ["/playlist/{list}", "/watch/{video}?list={list}", "/studio/playlists/{list}",
                                  "/studio/playlists"])  # fmt: skip
def test_what_people_wrote_is_text_everywhere(path: str, creator: User) -> None:
    User.objects.filter(pk=creator.pk).update(display_name=XSS)
    video = a_video(owner=creator, title=XSS)
    playlist = a_playlist(owner=creator, title=XSS, sections={XSS: [video]})
    Playlist.objects.update(description=XSS)
    Video.objects.update(description=XSS)
    scripts = Scripts()
    scripts.feed(text_of(asking(creator), path.format(list=playlist.public_id, video=video.public_id)))
    assert (scripts.inline, scripts.handlers) == (0, [])


class TestBesideThePlayer:
    def watch(self, video: Video, playlist: str, person: User | None = None) -> str:
        return text_of(asking(person), f"/watch/{video.public_id}?list={playlist}")

    def test_the_lesson_is_marked_and_its_neighbors_are_one_step_away(self, creator: User) -> None:
        first, second, third = (a_video(owner=creator, title=title) for title in ("One", "Two", "Three"))
        playlist = a_playlist(first, second, third)
        page = self.watch(second, playlist.public_id)
        assert "Lesson 2 of 3" in page
        assert re.search(rf'href="/watch/{second.public_id}\?list=[^"]+" aria-current="true"', page)
        assert re.search(rf'rel="prev" href="/watch/{first.public_id}\?list={playlist.public_id}', page)
        assert re.search(rf'rel="next" href="/watch/{third.public_id}\?list={playlist.public_id}', page)
        assert re.search(rf'<edu-next href="/watch/{third.public_id}', page)
        assert "<edu-next></edu-next>" in self.watch(third, playlist.public_id)
        assert f'<link rel="canonical" href="{settings.EDUVIDEO.base_url}/watch/{second.public_id}">' in page

    def test_steps_pass_over_what_is_hidden(self, creator: User) -> None:
        first, third = a_video(owner=creator), a_video(owner=creator)
        playlist = a_playlist(first, a_video(owner=creator, title="Secret", state=VideoState.DRAFT), third)
        page = self.watch(first, playlist.public_id)
        assert "Secret" not in page
        assert "Lesson 1 of 2" in page
        assert re.search(rf'rel="next" href="/watch/{third.public_id}', page)

    def test_a_list_that_is_not_there_or_holds_it_not_is_left_out(self, creator: User) -> None:
        video = a_video(owner=creator)
        draft, other = a_playlist(video, is_published=False), a_playlist(a_video(owner=creator))
        for wrong in (draft.public_id, other.public_id, "none", "%00", ""):
            page = self.watch(video, wrong)
            assert "list-strip" not in page
            assert "<edu-next" not in page
        assert "list-strip" in self.watch(video, draft.public_id, creator)

    def test_a_lesson_names_the_playlists_that_it_is_in(self, creator: User) -> None:
        video = a_video(owner=creator)
        playlist = a_playlist(video, title="Shown")
        a_playlist(video, title="Not yet", is_published=False)
        page = text_of(asking(None), f"/watch/{video.public_id}")
        assert f'href="/playlist/{playlist.public_id}"' in page
        assert "Shown" in page
        assert "Not yet" not in page

    def test_the_page_of_a_lesson_offers_code_and_oembed(self, creator: User) -> None:
        page = text_of(asking(None), f"/watch/{a_video(owner=creator).public_id}")
        assert "application/json+oembed" in page
        assert "&lt;iframe src=" in page
        for state, visibility in ((VideoState.DRAFT, Visibility.PUBLIC), (VideoState.PUBLISHED, Visibility.EMBED)):
            video = a_video(owner=creator, state=state, visibility=visibility)
            page = text_of(asking(creator), f"/watch/{video.public_id}")
            assert "oembed" not in page
            assert "&lt;iframe" not in page
