import re
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Role, User
from eduvideo.catalog import services as catalog
from eduvideo.catalog.models import Video, VideoState
from eduvideo.catalog.taxonomy import SUBJECTS
from eduvideo.community.comments import post_comment
from eduvideo.community.models import DailyViews
from eduvideo.community.reception import comment_rules
from eduvideo.community.services import rank_popular
from eduvideo.core import clock
from eduvideo.core.relay import relay_due_events
from eduvideo.danmaku.queries import policy_of
from eduvideo.danmaku.services import post_danmaku, set_policy
from eduvideo.discovery.engine import search_engine
from eduvideo.media.captioning import put_captions
from eduvideo.media.models import AssetState
from eduvideo.study.services import save_progress, set_study_guide
from tests.factories.catalog import a_playlist, a_video, asking
from tests.factories.danmaku import a_person, some_danmaku

pytestmark = pytest.mark.django_db(transaction=True)

XSS = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
MOST_QUERIES = 8


class Scripts(HTMLParser):
    """Collects what a browser would run."""

    def __init__(self) -> None:
        super().__init__()
        self.inline = 0
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if (
            tag == "script"
            and "src" not in found
            and found.get("type") not in {"application/json", "application/ld+json"}
        ):
            self.inline += 1
        self.handlers += [name for name in found if name.startswith("on") or name == "style"]


def text_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return answer.content.decode()


def indexed(video: Video) -> Video:
    catalog.touch_video(video)
    relay_due_events()
    return video


@pytest.fixture(autouse=True)
def empty_index() -> None:
    search_engine().rebuild([])


class TestEveryPage:
    @pytest.mark.parametrize(
        "path", ["/", "/browse", "/browse?subject=mathematics", "/search?q=Fractions", "/watch/{id}"]
    )
    def test_queries_do_not_grow_and_are_few(self, path: str) -> None:
        first = indexed(a_video())
        url = path.format(id=first.public_id)
        counts = []
        for more in (0, 19):
            for _ in range(more):
                indexed(a_video())
            asking(None).get(url)
            with CaptureQueriesContext(connection) as queries:
                text_of(asking(None), url)
            counts.append(len(queries))
        assert counts[1] <= counts[0] + 1  # with others of its subject, a lesson also shows those
        assert max(counts) <= MOST_QUERIES

    @pytest.mark.parametrize(
        "path", ["/", "/browse", "/search?q=alert", "/watch/{id}", "/studio", "/studio/{id}", "/accounts/me"]
    )
    def test_what_people_wrote_is_text_everywhere(self, path: str) -> None:
        owner = a_person(Role.CREATOR)
        User.objects.filter(pk=owner.pk).update(display_name=XSS)
        video = a_video(owner=owner, title=XSS)
        Video.objects.filter(pk=video.pk).update(description=XSS)
        put_captions(video.asset, language="en", text=f"WEBVTT\n\n00:00.000 --> 00:02.000\nalert {XSS}\n")
        catalog.set_chapters(video, [catalog.NewChapter(0, XSS)])
        some_danmaku(video, 1, text=XSS)
        indexed(video)
        page = text_of(asking(owner), path.format(id=video.public_id))
        scripts = Scripts()
        scripts.feed(page)
        assert (scripts.inline, scripts.handlers) == (0, [])

    def test_scripts_are_only_ours(self) -> None:
        for path in ("/", "/accounts/login/"):
            policy = asking(None).get(path)["Content-Security-Policy"]
            assert "script-src 'self';" in f"{policy};"
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy

    def test_pages_speak_the_readers_language(self) -> None:
        a_video(grade="12")
        chinese = asking(None).get("/", headers={"Accept-Language": "zh-CN"}).content.decode()
        assert 'lang="zh-CN"' in chinese
        assert "最新课程" in chinese
        assert "高三" in chinese
        client = asking(None)
        client.post("/i18n/setlang/", {"language": "zh-hans", "next": "/browse"})
        assert "全部课程" in text_of(client, "/browse")

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("/nothing", 404),
            ("/watch/none", 404),
            ("/browse?cursor=forged", 422),
            ("/watch/%00", 404),
            ("/studio/none", 302),
        ],
    )
    def test_what_is_not_there_is_a_page_with_a_way_on(self, path: str, status: int) -> None:
        page = text_of(asking(None), path, status)
        assert "Traceback" not in page
        assert status == 302 or 'href="/"' in page


class TestHome:
    def test_it_leads_to_every_subject_and_grade_that_has_a_lesson(self) -> None:
        a_video(subject="physics", grade="8")
        page = text_of(asking(None), "/")
        assert "/browse?subject=physics" in page
        assert "/browse?grade=8" in page
        assert "/browse?subject=law" not in page

    def test_a_shelf_is_for_subjects_that_fill_a_row(self) -> None:
        for _ in range(3):
            a_video(subject="mathematics")
        a_video(subject="physics")
        page = text_of(asking(None), "/")
        assert 'id="s-mathematics"' in page
        assert 'id="s-physics"' not in page

    def test_who_has_begun_a_lesson_goes_on_with_it(self) -> None:
        person, video = a_person(), a_video(title="Begun before")
        save_progress(video, user=person, position_ms=20_000)
        page = text_of(asking(person), "/")
        begun = page.partition('id="begun"')[2].partition("</section>")[0]
        assert "Begun before" in begun
        assert '<progress class="seen" max="60000" value="20000"' in begun
        assert 'id="begun"' not in text_of(asking(None), "/")

    def test_what_is_popular_is_of_the_readers_grade(self) -> None:
        person = a_person()
        asking(person).post("/accounts/me", {"display_name": "Mei", "grade": "8"})
        for grade in ("8", "9"):
            for number in range(3):
                video = a_video(title=f"Popular {grade}.{number}", grade=grade)
                DailyViews.objects.create(video=video, day=clock.now().date(), people=number + 1)
        rank_popular()

        def shown(client: Client) -> list[str]:
            page = text_of(client, "/").partition('id="popular"')[2].partition("</section>")[0]
            return re.findall(r"Popular (?:in Grade 8|now|[89]\.\d)", page)

        assert shown(asking(person)) == ["Popular in Grade 8", "Popular 8.2", "Popular 8.1", "Popular 8.0"]
        assert shown(asking(None))[0] == "Popular now"
        assert len(shown(asking(None))) == 5
        assert asking(person).post("/accounts/me", {"display_name": "Mei", "grade": "13"}).status_code == 200
        person.refresh_from_db()
        assert person.grade == "8"

    def test_a_reader_with_an_account_costs_few_queries_too(self) -> None:
        person, video = a_person(), a_video(title="Begun before")
        save_progress(video, user=person, position_ms=20_000)
        client = asking(person)
        client.get("/")
        with CaptureQueriesContext(connection) as queries:
            text_of(client, "/")
        assert len(queries) <= MOST_QUERIES


class TestFinding:
    def test_a_shelf_without_lessons_shows_what_was_chosen_and_the_ways_on(self) -> None:
        a_video(subject="physics", grade="8")
        page = text_of(asking(None), "/browse?subject=physics&grade=k")
        assert re.search(r'aria-current="true">Physics <small>0', page)
        assert re.search(r'aria-current="true">Kindergarten <small>0', page)
        ways = page[page.index("But there are lessons here") :]
        assert 'href="/browse?subject=physics">Physics <small>1' in ways
        assert "Kindergarten" not in ways
        assert "Take away one of the filters" in text_of(asking(None), "/browse?subject=law&grade=k")

    def test_browse_keeps_filters_that_give_something(self) -> None:
        a_video(title="Light", subject="physics", grade="8")
        a_video(title="Acids", subject="chemistry", grade="9")
        page = text_of(asking(None), "/browse?subject=physics")
        assert "Light" in page
        assert "Acids" not in page
        assert "grade=8" in page
        assert "grade=9" not in page


class TestWatching:
    def test_the_player_gets_what_it_needs(self) -> None:
        video = a_video()
        page = text_of(asking(None), f"/watch/{video.public_id}?t=12")
        player = re.search(r"<edu-player[^>]*>", page)
        assert player
        assert f'hls-url="/media/assets/{video.asset.public_id}/' in player[0]
        assert 'start-ms="12000"' in player[0]
        assert 'duration-ms="60000"' in player[0]
        assert "application/ld+json" in page

    def test_who_saves_data_gets_the_small_still(self) -> None:
        video = a_video()
        for wish, still in (("on", "thumbnail.jpg"), ("off", "poster.jpg")):
            answer = Client(headers={"Save-Data": wish}).get(f"/watch/{video.public_id}")
            player = answer.content.decode().partition("<edu-player")[2].partition("</edu-player>")[0]
            assert re.findall(r'poster="[^"]*/([^"/]+)"', player) == [still, still]
            assert "Save-Data" in answer["Vary"]

    @pytest.mark.parametrize("is_signed_in", [False, True])
    def test_a_lesson_with_everything_costs_few_queries(self, is_signed_in: bool) -> None:
        video, person = a_video(title="Halves"), a_person()
        put_captions(video.asset, language="en", text="WEBVTT\n\n00:00.000 --> 00:02.000\nHello\n")
        catalog.set_chapters(video, [catalog.NewChapter(0, "Start")])
        set_study_guide(video, markdown="# Key")
        playlist = a_playlist(video, a_video(), title="First of all")
        a_playlist(video, a_video(), title="Second of all")
        asked = post_danmaku(video, author=a_person(), position_ms=45_000, text="why", kind="question")
        post_danmaku(video, author=video.owner, position_ms=1, text="so", kind="answer", reply_to=asked.public_id)
        post_comment(video, author=person, text="Good")
        save_progress(video, user=person, position_ms=20_000)
        client, path = asking(person if is_signed_in else None), f"/watch/{video.public_id}?list={playlist.public_id}"
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            page = text_of(client, path)
        assert len(queries) <= MOST_QUERIES
        for part in ("Hello", "Start", ">Key</h2>", "First of all", "Second of all", "<p>so</p>", 'id="related"'):
            assert part in page

    def test_questions_from_class_unfold_below_the_guide_and_seek(self) -> None:
        video = a_video()
        path = f"/watch/{video.public_id}"
        question = post_danmaku(video, author=a_person(), position_ms=45_000, text=f"why {XSS}", kind="question")
        assert 'id="guide"' not in text_of(asking(None), path)
        post_danmaku(
            video, author=video.owner, position_ms=1, text="because 1 < 2", kind="answer", reply_to=question.public_id
        )
        page = text_of(asking(None), path)
        guide = page[page.index('id="guide"') :]
        assert re.search(
            r"<details><summary><time>0:45</time> why &quot;&gt;&lt;script.*</summary>"
            r'<p>because 1 &lt; 2</p><p><a href="\?t=45">Watch from here</a></p></details>',
            guide,
        )
        assert '<button type="button" data-part="guide">' in page

    def test_where_danmaku_are_switched_off_only_who_teaches_gets_the_form(self) -> None:
        video = a_video()
        set_policy(video, state="off", pause_s=30)
        for person in (None, a_person()):
            page = text_of(asking(person), f"/watch/{video.public_id}")
            assert "Danmaku are switched off for this lesson." in page
            assert 'class="danmaku-entrance"' not in page
            assert 'id="danmaku-text"' not in page
        assert 'id="danmaku-text"' in text_of(asking(video.owner), f"/watch/{video.public_id}")

    def test_who_comes_back_goes_on_where_they_stopped_unless_the_address_says_where(self) -> None:
        person, video = a_person(), a_video()
        save_progress(video, user=person, position_ms=20_000)
        path = f"/watch/{video.public_id}"
        assert 'resume-ms="20000"' in text_of(asking(person), path)
        assert "resume-ms" not in text_of(asking(person), f"{path}?t=0")
        assert 'keep="browser" resume-ms="0"' in text_of(asking(None), path)
        save_progress(video, user=person, position_ms=60_000)
        assert 'resume-ms="0"' in text_of(asking(person), path)

    def test_without_script_the_browser_gets_the_lesson_and_named_captions(self) -> None:
        video = a_video(language="zh")
        put_captions(video.asset, language="zh", text="WEBVTT\n\n00:00.000 --> 00:02.000\n你好\n")
        page = text_of(asking(None), f"/watch/{video.public_id}")
        assert re.search(r'<source src="/media/assets/[^"]+master\.m3u8" type="application/vnd\.apple\.mpegurl">', page)
        assert 'srclang="zh" label="中文"' in page

    def test_a_draft_is_for_its_creator_and_never_in_search_engines(self) -> None:
        video = a_video(state=VideoState.DRAFT)
        assert asking(None).get(f"/watch/{video.public_id}").status_code == 404
        page = text_of(asking(video.owner), f"/watch/{video.public_id}")
        assert 'hls-url="/media/s/' in page
        assert "noindex" in page
        assert "application/ld+json" not in page

    def test_a_lesson_in_the_making_shows_its_progress(self) -> None:
        video = a_video(state=VideoState.DRAFT, asset_state=AssetState.PROCESSING)
        assert "<edu-processing" in text_of(asking(video.owner), f"/watch/{video.public_id}")

    def test_chapters_come_as_a_track(self) -> None:
        video = a_video()
        catalog.set_chapters(video, [catalog.NewChapter(0, "Halves"), catalog.NewChapter(30_000, "Thirds")])
        track = text_of(asking(None), f"/watch/{video.public_id}/chapters.vtt")
        assert "00:00:00.000 --> 00:00:30.000\nHalves" in track
        assert "00:00:30.000 --> 00:01:00.000\nThirds" in track
        assert asking(None).get(f"/watch/{a_video().public_id}/chapters.vtt").content == b"WEBVTT\n"


class TestStudioWithoutScript:
    def test_a_creator_edits_publishes_and_deletes_by_plain_forms(self) -> None:
        video = a_video(state=VideoState.DRAFT)
        client, path = asking(video.owner), f"/studio/{video.public_id}"
        client.post(f"{path}/settings", {"title": "Halves", "description": "", "subject": "mathematics", "grade": "4",
                                         "language": "en", "visibility": "public"})  # fmt: skip
        client.post(f"{path}/chapters", {"chapters": "0:00 Start\n1:05 Vertex"})
        client.post(f"{path}/study-guide", {"markdown": "# Key"})
        client.post(f"{path}/publish")
        video.refresh_from_db()
        assert (video.title, video.grade, video.state) == ("Halves", "4", VideoState.PUBLISHED)
        assert list(video.chapters.values_list("start_ms", "title")) == [(0, "Start"), (65_000, "Vertex")]
        client.post(f"{path}/unpublish")
        client.post(f"{path}/delete")
        assert not Video.objects.exists()

    def test_a_creator_decides_about_danmaku(self) -> None:
        video = a_video(grade="1")
        client, path = asking(video.owner), f"/studio/{video.public_id}"
        form = text_of(client, path)
        assert '<option value="slow" selected>' in form
        assert 'name="pause_s" value="60"' in form
        assert client.post(f"{path}/danmaku-policy", {"state": "off", "pause_s": "90"}).status_code == 302
        assert policy_of(video).state == "off"
        answer = client.post(f"{path}/danmaku-policy", {"state": "slow", "pause_s": "1"})
        assert (answer.status_code, b'name="pause_s" value="1"' in answer.content) == (422, True)
        assert policy_of(video).state == "off"

    def test_a_creator_decides_about_comments(self) -> None:
        video = a_video(grade="1")
        client, path = asking(video.owner), f"/studio/{video.public_id}"
        assert '<option value="quiet" selected>' in text_of(client, path)
        assert client.post(f"{path}/comment-mode", {"mode": "off"}).status_code == 302
        assert comment_rules(video).mode == "off"
        assert '<option value="off" selected>' in text_of(client, path)
        assert client.post(f"{path}/comment-mode", {"mode": "loud"}).status_code == 422
        assert client.post(f"{path}/comment-mode", {"mode": "on"}).status_code == 302
        assert comment_rules(video).mode == "on"

    def test_what_was_typed_survives_a_mistake(self) -> None:
        video = a_video()
        client, path = asking(video.owner), f"/studio/{video.public_id}"
        answer = client.post(f"{path}/chapters", {"chapters": "no time here"})
        assert answer.status_code == 422
        assert b"no time here" in answer.content
        assert b"Line 1" in answer.content

    @pytest.mark.parametrize(
        "action",
        [
            "settings",
            "captions",
            "chapters",
            "study-guide",
            "danmaku-policy",
            "comment-mode",
            "publish",
            "unpublish",
            "retry",
            "delete",
        ],
    )
    def test_others_are_refused(self, action: str) -> None:
        video = a_video()
        for person, status in ((None, 302), (a_person(Role.CREATOR), 403)):
            assert asking(person).post(f"/studio/{video.public_id}/{action}").status_code == status
        assert Video.objects.get().title == "Fractions"

    def test_a_student_becomes_a_creator_by_a_button(self) -> None:
        person = a_person()
        client = asking(person)
        assert "I teach" in text_of(client, "/studio")
        client.post("/accounts/me", {"teach": "1"})
        assert "edu-new-lesson" in text_of(client, "/studio")


@pytest.mark.slow  # passwords are hashed slowly
class TestAccountPages:
    def test_signing_up_in_and_out(self) -> None:
        client = Client()
        client.post("/accounts/signup/", {"email": "new@example.org", "password1": "correct horse 7"})
        assert ">Learner " in text_of(client, "/")
        client.post("/accounts/logout/")
        assert "/accounts/login/" in text_of(client, "/")
        answer = client.post("/accounts/login/", {"login": "new@example.org", "password": "wrong"})
        assert b"not correct" in answer.content
        client.post("/accounts/login/", {"login": "new@example.org", "password": "correct horse 7"})
        assert text_of(client, "/studio")

    def test_a_forgotten_password_is_reset_by_mail(self) -> None:
        client = Client()
        client.post("/accounts/signup/", {"email": "new@example.org", "password1": "correct horse 7"})
        client.post("/accounts/logout/")
        mail.outbox.clear()
        client.post("/accounts/password/reset/", {"email": "new@example.org"})
        link = re.search(r"http://[^/]+(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
        assert link
        form = client.get(link[1], follow=True)
        client.post(form.redirect_chain[-1][0], {"password1": "another one 9", "password2": "another one 9"})
        assert (
            client.login(email="new@example.org", password="another one 9")
            or client.post("/accounts/login/", {"login": "new@example.org", "password": "another one 9"}).status_code
            == 302
        )


def test_the_style_sheet_has_each_subjects_hue() -> None:
    sheet = (settings.SITE_DIR.parents[1] / "frontend" / "src" / "ui" / "hues.css").read_text(encoding="utf-8")
    assert dict(re.findall(r"\.hue-(\w+) \{ --hue: (\d+)", sheet)) == {item.id: str(item.hue) for item in SUBJECTS}
