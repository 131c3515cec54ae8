import re
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from eduvideo.accounts.models import User
from eduvideo.catalog import services as catalog
from eduvideo.catalog.models import Playlist, Video, VideoState, Visibility
from eduvideo.catalog.playlists import unpublish_playlist
from eduvideo.embedding import pages
from eduvideo.embedding.services import allow_domains
from tests.factories.catalog import a_playlist, a_video, asking
from tests.factories.danmaku import a_person, some_danmaku
from tests.factories.media import a_played_asset
from tests.factories.uploads import ask

pytestmark = pytest.mark.django_db(transaction=True)

FRAME = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"}
TOP = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"}
XSS = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def ancestors(answer: Any) -> str:
    found = re.search(r"frame-ancestors ([^;]+)", answer["Content-Security-Policy"])
    assert found
    return found[1]


def allow(playlist: Playlist, *domains: str) -> Playlist:
    allow_domains(playlist, by=playlist.owner, lines=domains)
    return playlist


def framed(playlist: Playlist, query: str = "", *, headers: dict[str, str] = FRAME) -> Any:
    return Client().get(f"/embed/playlist/{playlist.public_id}{query}", headers=headers)


class TestWhatGoesWrong:
    @pytest.mark.parametrize(("error", "status"), [(OperationalError("away"), 503), (RuntimeError("a fault"), 500)])
    @pytest.mark.parametrize("page", ["video", "playlist"])
    def test_a_site_that_frames_a_page_shows_that_it_failed(
        self, page: str, error: Exception, status: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr(pages, f"get_framed_{page}", fail)
        answer = Client(raise_request_exception=False).get(f"/embed/{page}/any", headers=FRAME)
        assert answer.status_code == status
        assert ancestors(answer) == "*"
        assert "X-Frame-Options" not in answer
        assert b'target="_top"' in answer.content  # our own pages are in no frame

    def test_no_other_page_is_framed_for_that(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("eduvideo.site.pages.render", None)
        answer = Client(raise_request_exception=False).get("/browse")
        assert (answer.status_code, answer["X-Frame-Options"], ancestors(answer)) == (500, "DENY", "'none'")


class TestFramingAVideo:
    @pytest.mark.parametrize("visibility", [Visibility.PUBLIC, Visibility.UNLISTED])
    def test_every_site_may_show_what_everyone_may_watch(self, visibility: Visibility) -> None:
        video = a_video(visibility=visibility)
        answer = Client().get(f"/embed/video/{video.public_id}?t=12", headers=FRAME)
        page = answer.content.decode()
        assert answer.status_code == 200
        assert ancestors(answer) == "*"
        assert "X-Frame-Options" not in answer
        assert page.count("<edu-player") == 1
        assert 'start-ms="12000"' in page
        assert f'/watch/{video.public_id}"' in page
        assert ("/media/s/" in page) is (visibility == Visibility.UNLISTED)

    @pytest.mark.parametrize(
        ("state", "visibility", "status"),
        [
            (VideoState.DRAFT, Visibility.PUBLIC, 404),
            (VideoState.WITHDRAWN, Visibility.PUBLIC, 404),
            (VideoState.PUBLISHED, Visibility.ORGANIZATION, 404),
            (VideoState.PUBLISHED, Visibility.EMBED, 403),
            (VideoState.DRAFT, Visibility.EMBED, 404),
        ],
    )
    def test_what_may_not_be_shown_says_so_in_the_frame(
        self, state: VideoState, visibility: Visibility, status: int
    ) -> None:
        video = a_video(title="Secret", state=state, visibility=visibility)
        for headers in (FRAME, TOP):
            answer = Client().get(f"/embed/video/{video.public_id}", headers=headers)
            assert answer.status_code == status
            assert ancestors(answer) == "*"
            assert b"Secret" not in answer.content
            assert "X-Frame-Options" not in answer

    @pytest.mark.parametrize("path", ["/embed/video/none", "/embed/playlist/none", "/embed/video/%00"])
    def test_what_is_not_there_is_a_small_page(self, path: str) -> None:
        answer = Client().get(path)
        assert answer.status_code == 404
        assert b'class="frame-problem"' in answer.content
        assert not answer.cookies

    def test_all_other_pages_stay_out_of_frames(self) -> None:
        video = a_video()
        for path in ("/", f"/watch/{video.public_id}", f"/playlist/{a_playlist(video).public_id}", "/oembed?url=x"):
            answer = Client().get(path)
            assert answer["X-Frame-Options"] == "DENY"
            assert ancestors(answer) == "'none'"


class TestFramingAPlaylist:
    def test_the_list_is_in_the_header_and_our_own_host_with_it(self) -> None:
        playlist = a_playlist(a_video())
        assert ancestors(framed(playlist)) == "*"
        allow(playlist, "school.example.org", "*.学校.中国:8443")
        for headers in (FRAME, TOP, {}):
            answer = framed(playlist, headers=headers)
            assert ancestors(answer) == "'self' school.example.org *.xn--48s290a.xn--fiqs8s:8443"
            assert "X-Frame-Options" not in answer

    def test_it_plays_the_first_or_the_named_lesson_and_lists_all(self) -> None:
        owner = a_person()
        one, two = (a_video(owner=owner, title=title) for title in ("One", "Two"))
        playlist = a_playlist(sections={"Start": [one], "End": [two]})
        page = framed(playlist).content.decode()
        assert f'video-id="{one.public_id}"' in page
        assert "Start" in page
        assert "End" in page
        second = framed(playlist, f"?video={two.public_id}").content.decode()
        assert f'video-id="{two.public_id}"' in second
        assert re.search(rf'video={two.public_id}[^>]*aria-current="true"', second)
        assert re.search(rf'<edu-next href="\?video={two.public_id}', page)
        assert "<edu-next></edu-next>" in second

    def test_hidden_lessons_show_in_no_way(self) -> None:
        owner = a_person()
        hidden = [
            a_video(owner=owner, title="Secret", state=state, visibility=visibility)
            for state, visibility in (
                (VideoState.DRAFT, Visibility.PUBLIC),
                (VideoState.WITHDRAWN, Visibility.PUBLIC),
                (VideoState.PUBLISHED, Visibility.ORGANIZATION),
                (VideoState.PUBLISHED, Visibility.EMBED),
            )
        ]
        playlist = a_playlist(*hidden, a_video(owner=owner, title="Open"))
        page = framed(playlist).content.decode()
        assert "Open" in page
        assert "Secret" not in page
        assert "1 / 1" in page
        for video in hidden:
            assert framed(playlist, f"?video={video.public_id}").status_code == 404

    def test_a_draft_is_not_shown_even_to_its_owner(self) -> None:
        playlist = a_playlist(a_video(), is_published=False)
        answer = asking(playlist.owner).get(f"/embed/playlist/{playlist.public_id}", headers=FRAME)
        assert answer.status_code == 404

    def test_queries_do_not_grow(self) -> None:
        owner, counts = a_person(), []
        for number in (1, 20):
            playlist = allow(a_playlist(*(a_video(owner=owner) for _ in range(number))), "school.org")
            framed(playlist)
            with CaptureQueriesContext(connection) as queries:
                assert framed(playlist).status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 6


class TestOptions:
    """What the address of a frame asks for (options.py), as its page shows it."""

    def test_a_lesson_is_shown_as_the_address_asks(self) -> None:
        video = a_video()
        path = f"/embed/video/{video.public_id}"
        plain = Client().get(path).content.decode()
        for mark in ("autoplay", " muted", "no-danmaku", "bare", "scheme-", "end-ms", " loop"):
            assert mark not in plain
        query = "?t=5&end=9&autoplay=1&muted=1&controls=0&danmaku=0&captions=zh&lang=zh&color-scheme=dark&loop=1"
        page = Client().get(path + query).content.decode()
        assert '<html lang="zh-CN" class="scheme-dark">' in page
        assert '<body class="framed bare">' in page
        assert 'start-ms="5000"' in page
        assert re.search(r"<edu-player [^>]* no-danmaku>", page)
        assert re.search(r"<video [^>]* muted", page)
        assert re.search(r'<edu-frame [^>]* autoplay loop end-ms="9000" captions="zh">', page)

    def test_a_playlist_keeps_them_and_begins_anew(self) -> None:
        owner = a_person()
        one, two = a_video(owner=owner), a_video(owner=owner)
        playlist = a_playlist(one, two)
        page = framed(playlist, f"?video={two.public_id}&t=5&danmaku=0&lang=zh&loop=1").content.decode()
        kept = "&amp;loop=1&amp;danmaku=0&amp;lang=zh-hans"
        assert f'<edu-next href="?video={one.public_id}&amp;play=1{kept}"' in page
        assert f'previous="?video={one.public_id}&amp;play=1{kept}"' in page
        assert f'<a href="?video={one.public_id}&amp;play=1{kept}"' in page
        assert "<edu-next></edu-next>" in framed(playlist, f"?video={two.public_id}").content.decode()

    def test_the_page_knows_who_may_speak_to_it(self) -> None:
        playlist = a_playlist(a_video())
        assert "sources=" not in framed(playlist).content.decode()
        page = framed(allow(playlist, "school.org", "*.example.org")).content.decode()
        assert 'sources="school.org *.example.org"' in page

    def test_a_refusal_says_so_in_the_language_of_the_address(self) -> None:
        page = Client().get("/embed/video/none?lang=zh").content.decode()
        assert 'lang="zh-CN"' in page
        assert re.search('<edu-frame problem="[^"]*[\u4e00-\u9fff]', page)
        assert 'href="/search"' in page


class TestEmbedOnly:
    @pytest.fixture
    def video(self) -> Video:
        video = a_video(title="Ours", visibility=Visibility.EMBED)
        some_danmaku(video, 3)
        catalog.set_chapters(video, [catalog.NewChapter(0, "Halves")])
        return video

    def test_it_plays_in_the_frame_of_a_listed_site(self, video: Video) -> None:
        playlist = allow(a_playlist(video), "school.org")
        for headers in (FRAME, {}):  # a plain http platform gets no Sec-Fetch headers
            answer = framed(playlist, headers=headers)
            assert answer.status_code == 200
            assert answer["Cache-Control"] == "private, no-store"
            assert "Sec-Fetch-Dest" in answer["Vary"]
            player = re.search(r'hls-url="(/media/s/[^"]+)"[^>]*playback="([^"]+)"', answer.content.decode())
            assert player
            assert player[2] in player[1]
            # The same right opens its danmaku and chapters, and no other lesson's.
            path = f"/api/v1/videos/{video.public_id}/danmaku/segments/0"
            assert len(Client().get(f"{path}?playback={player[2]}").json()["items"]) == 3
            assert Client().get(path).status_code == 404
            assert Client().get(f"{path}?playback=nonsense%00").status_code == 404
            chapters = f"/watch/{video.public_id}/chapters.vtt"
            assert f'src="{chapters}?playback={player[2]}"' in answer.content.decode()
            assert "Halves" in Client().get(f"{chapters}?playback={player[2]}").content.decode()
            assert Client().get(chapters).status_code == 404
            other = a_video(visibility=Visibility.EMBED)
            wrong = f"/api/v1/videos/{other.public_id}/danmaku/segments/0?playback={player[2]}"
            assert Client().get(wrong).status_code == 404
            assert Client().get(f"/api/v1/videos/{video.public_id}/captions?playback={player[2]}").status_code == 404

    def test_it_plays_nowhere_else(self, video: Video) -> None:
        playlist = allow(a_playlist(video, a_video(owner=video.owner, title="Open")), "school.org")
        assert Client().get(f"/watch/{video.public_id}").status_code == 404
        assert "Ours" not in Client().get(f"/playlist/{playlist.public_id}").content.decode()
        top = framed(playlist, headers=TOP)
        assert "Ours" not in top.content.decode()
        assert "Open" in top.content.decode()
        named = framed(playlist, f"?video={video.public_id}", headers=TOP)
        assert named.status_code == 403
        assert "only inside the pages of its school" in named.content.decode()

    def test_opened_by_itself_it_says_where_it_is(self, video: Video) -> None:
        playlist = allow(a_playlist(video), "school.org")
        answer = framed(playlist, headers=TOP)
        assert answer.status_code == 403
        assert b"<edu-player" not in answer.content

    def test_a_list_of_no_site_shows_it_to_nobody(self, video: Video) -> None:
        assert framed(a_playlist(video)).status_code == 404

    def test_other_peoples_playlists_do_not_show_it(self, video: Video) -> None:
        playlist = a_playlist(video)
        Playlist.objects.filter(pk=playlist.pk).update(owner=a_person())
        playlist.refresh_from_db()
        assert framed(allow(playlist, "school.org")).status_code == 404

    def test_it_stops_with_the_playlist(self, video: Video) -> None:
        playlist = allow(a_playlist(video), "school.org")
        unpublish_playlist(playlist, by=playlist.owner)
        assert framed(playlist).status_code == 404


class TestForAnOrganization:
    """Its members are not known in a frame: a site that the creator lists shows a lesson to those whom it lets in."""

    @pytest.fixture
    def video(self) -> Video:
        video = a_video(title="Ours", visibility=Visibility.ORGANIZATION)
        Video.objects.update(asset=a_played_asset(is_public=False))
        video.refresh_from_db()
        return video

    def test_it_plays_in_the_frame_of_a_listed_site(self, video: Video) -> None:
        page = framed(allow(a_playlist(video), "school.org")).content.decode()
        found = re.search(r'hls-url="(/media/s/[^"]+)"', page)
        assert found
        for name in ("master.m3u8", "720p/seg_00001.m4s"):
            assert ask("GET", found[1].replace("master.m3u8", name)).status_code == 200

    def test_it_plays_in_no_other_frame_and_on_no_page(self, video: Video) -> None:
        playlist = a_playlist(video)
        assert framed(playlist).status_code == 404
        allow(playlist, "school.org")
        assert framed(playlist, headers=TOP).status_code == 403
        for path in (f"/playlist/{playlist.public_id}", f"/api/v1/playlists/{playlist.public_id}/items"):
            assert "Ours" not in Client().get(path).content.decode()
        for path in (f"/watch/{video.public_id}", f"/embed/video/{video.public_id}"):
            assert Client().get(path, headers=FRAME).status_code == 404

    def test_other_peoples_playlists_do_not_show_it(self, video: Video) -> None:
        playlist = a_playlist(video)
        Playlist.objects.update(owner=a_person())
        playlist.refresh_from_db()
        assert framed(allow(playlist, "school.org")).status_code == 404


class TestFramesNeedNoCookies:
    def test_none_is_set_and_none_is_read(self) -> None:
        owner = a_person()
        playlist = allow(a_playlist(a_video(owner=owner, visibility=Visibility.UNLISTED)), "school.org")
        video = a_video()
        signed_in = asking(owner)
        for path in (f"/embed/playlist/{playlist.public_id}", f"/embed/video/{video.public_id}", "/embed/video/none"):
            assert not Client().get(path, headers=FRAME).cookies
            with CaptureQueriesContext(connection) as queries:
                answer = signed_in.get(path, headers=FRAME)
            assert not answer.cookies
            assert "Cookie" not in answer["Vary"]
            assert not [query for query in queries if "django_session" in query["sql"]]

    def test_scripts_are_only_ours_and_titles_are_text(self) -> None:
        owner = a_person()
        User.objects.filter(pk=owner.pk).update(display_name=XSS)
        video = a_video(owner=owner, title=XSS)
        playlist = a_playlist(owner=owner, title=XSS, sections={XSS: [video]})
        for path in (f"/embed/playlist/{playlist.public_id}", f"/embed/video/{video.public_id}"):
            answer = Client().get(path)
            assert "script-src 'self';" in f"{answer['Content-Security-Policy']};"
            assert "<script>alert" not in answer.content.decode()
            assert "<img src=x" not in answer.content.decode()


class TestOembed:
    def ask(self, url: str, **more: object) -> Any:
        return Client().get("/oembed", {"url": url, **more})

    def test_a_video_as_json(self) -> None:
        video = a_video(title='Halves & "thirds" <b>')
        url = f"{settings.EDUVIDEO.base_url}/watch/{video.public_id}?t=7"
        answer = self.ask(url, maxwidth=400)
        fields = answer.json()
        assert answer["Content-Type"] == "application/json"
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert (fields["type"], fields["version"], fields["provider_name"]) == ("video", "1.0", "EduVideo")
        assert (fields["title"], fields["author_name"]) == (video.title, video.owner.display_name)
        assert (fields["width"], fields["height"]) == (400, 225)
        src = escape(f"{settings.EDUVIDEO.base_url}/embed/video/{video.public_id}?t=7")
        assert f'src="{src}" width="400" height="225"' in fields["html"]
        assert "<b>" not in fields["html"]
        # 720p: the poster is wider than 400, and so is the thumbnail.
        assert "thumbnail_url" not in fields
        whole = self.ask(url).json()
        assert whole["thumbnail_url"].startswith(settings.EDUVIDEO.base_url)
        assert whole["thumbnail_url"].endswith("/poster.jpg")
        assert (whole["thumbnail_width"], whole["thumbnail_height"]) == (1280, 720)
        small = self.ask(url, maxwidth=500).json()
        assert small["thumbnail_url"].endswith("/thumbnail.jpg")
        assert (small["thumbnail_width"], small["thumbnail_height"]) == (480, 270)

    def test_a_playlist_as_xml(self) -> None:
        playlist = a_playlist(a_video(), title="A & B")
        answer = self.ask(f"http://testserver/playlist/{playlist.public_id}", format="xml", maxheight=90)
        assert answer["Content-Type"] == "text/xml; charset=utf-8"
        root = fromstring(answer.content)
        assert root.findtext("title") == "A & B"
        assert (root.findtext("width"), root.findtext("height")) == ("160", "90")
        assert f"/embed/playlist/{playlist.public_id}" in str(root.findtext("html"))
        assert (
            f"/embed/playlist/{playlist.public_id}"
            in self.ask(f"http://testserver/embed/playlist/{playlist.public_id}").json()["html"]
        )

    def test_a_playlist_of_hidden_lessons_shows_no_still_of_them(self) -> None:
        playlist = a_playlist(a_video(visibility=Visibility.EMBED))
        fields = self.ask(f"http://testserver/playlist/{playlist.public_id}").json()
        assert "thumbnail_url" not in fields

    def test_only_what_everyone_may_watch_is_described(self) -> None:
        for state, visibility, status in (
            (VideoState.PUBLISHED, Visibility.UNLISTED, 200),
            (VideoState.PUBLISHED, Visibility.EMBED, 404),
            (VideoState.PUBLISHED, Visibility.ORGANIZATION, 404),
            (VideoState.DRAFT, Visibility.PUBLIC, 404),
        ):
            video = a_video(state=state, visibility=visibility)
            answer = asking(video.owner).get("/oembed", {"url": f"http://testserver/watch/{video.public_id}"})
            assert answer.status_code == status
            assert "thumbnail_url" not in answer.json()
        draft = a_playlist(a_video(), is_published=False)
        assert self.ask(f"http://testserver/playlist/{draft.public_id}").status_code == 404

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ({}, 400),
            ({"url": "http://testserver/watch/none"}, 404),
            ({"url": "https://elsewhere.example/watch/abc"}, 404),
            ({"url": "http://testserver/watch/none", "format": "yaml"}, 501),
            ({"url": "http://testserver/watch/none", "maxwidth": "wide"}, 400),
            ({"url": "http://testserver/watch/none", "maxheight": "0"}, 400),
            ({"url": "http://testserver/watch/none", "maxheight": "-5"}, 400),
            ({"url": "http://testserver/watch/none", "maxwidth": "9" * 5000}, 400),
        ],
    )
    def test_refusals_say_what_to_do(self, query: dict[str, str], status: int) -> None:
        answer = Client().get("/oembed", query)
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
        assert answer.json()["detail"]

    def test_queries_do_not_grow(self) -> None:
        counts, owner = [], a_person()
        for number in (1, 20):
            playlist = a_playlist(*(a_video(owner=owner) for _ in range(number)))
            with CaptureQueriesContext(connection) as queries:
                assert self.ask(f"http://testserver/playlist/{playlist.public_id}").status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 4
