import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Role, User
from eduvideo.catalog.bulk import Step
from eduvideo.catalog.models import Video, VideoState
from eduvideo.core import clock
from eduvideo.site import studio_list
from tests.factories.accounts import an_organization
from tests.factories.catalog import a_playlist, a_video, asking
from tests.factories.danmaku import a_person
from tests.factories.pages import XSS, Scripts

pytestmark = pytest.mark.django_db(transaction=True)

IN_A_MONTH = (clock.now() + timedelta(days=30)).replace(second=0, microsecond=0)
SOON = f"{IN_A_MONTH:%Y-%m-%dT%H:%M}"  # as a browser sends it


@pytest.fixture
def creator() -> User:
    return a_person(Role.CREATOR)


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def said(client: Client, answer: object) -> str:
    """Return what the page says after a change."""
    text = client.get(answer.headers["Location"].partition("#")[0]).content.decode()  # type: ignore[attr-defined]
    found = re.search('<ul class="messages".*?</ul>', text, re.DOTALL)
    return re.sub("<[^>]*>", "", found[0]) if found else ""


class TestList:
    def test_kinds_are_filters_with_their_numbers(self, creator: User) -> None:
        a_video(owner=creator, title="Halves")
        draft = a_video(owner=creator, title="Thirds", state=VideoState.DRAFT)
        client = asking(creator)
        text = text_of(client, "/studio?state=draft")
        assert re.search(r'href="/studio\?state=draft#mine" aria-current="page">Drafts <small>1</small>', text)
        assert "Thirds" in text
        assert "Halves" not in text
        assert f'href="/studio/{draft.public_id}/analytics"' in text
        assert 'action="/studio/bulk?state=draft"' in text
        assert 'id="q" name="q" type="search" value=""' in text  # what is looked for in all lessons is another thing
        assert "There are no such lessons." in text_of(client, "/studio?state=failed")
        assert "Halves" in text_of(client, "/studio?state=nonsense&sort=nonsense")
        assert "Halves" in text_of(client, "/studio?q=alv")
        assert "Halves" not in text_of(client, "/studio?q=thir")

    def test_pages_keep_what_is_asked_for(self, creator: User) -> None:
        for number in range(30):
            a_video(owner=creator, title=f"Lesson {number:02}")
        client = asking(creator)
        text = text_of(client, "/studio?q=lesson&sort=title")
        assert "All 30 that match" in text
        link = re.search(r'href="/studio(\?q=lesson&amp;sort=title&amp;cursor=[^"#]+)#mine"', text)
        assert link
        following = text_of(client, f"/studio{link[1].replace('&amp;', '&')}")
        assert "Lesson 24" in following
        assert "Lesson 23" not in following

    def test_nothing_of_a_title_is_markup_and_queries_do_not_grow(self, creator: User) -> None:
        client, counts = asking(creator), []
        for more in (1, 19):
            for _ in range(more):
                a_video(owner=creator, title=XSS)
            text_of(client, "/studio?state=published")
            with CaptureQueriesContext(connection) as queries:
                text = text_of(client, "/studio?state=published")
            counts.append(len(queries))
        found = Scripts()
        found.feed(text)
        assert (found.inline, found.handlers) == (0, [])
        assert counts[0] == counts[1] <= 10

    def test_others_lessons_are_in_no_list(self, creator: User) -> None:
        a_video(title="Not mine")
        assert "Not mine" not in text_of(asking(creator), "/studio?q=mine")
        assert Client().get("/studio").status_code == 302


class TestBulk:
    def test_chosen_lessons_are_changed_and_what_became_of_them_is_told(self, creator: User) -> None:
        first, second, theirs = a_video(owner=creator), a_video(owner=creator), a_video(title="Theirs")
        client = asking(creator)
        form = {"do": "grade", "grade": "9", "ids": [first.public_id, second.public_id, theirs.public_id]}
        answer = client.post("/studio/bulk?state=published&q=Fract", form)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/studio?state=published&q=Fract#mine")
        told = said(client, answer)
        assert "2 lessons were changed." in told
        assert "1 could not: Only the creator of this lesson may change it." in told
        assert set(Video.objects.filter(grade="9")) == {first, second}

    def test_all_that_match_are_asked_about_and_done_in_bounded_steps(
        self, creator: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(studio_list, "PER_REQUEST", 2)
        for _ in range(5):
            a_video(owner=creator, state=VideoState.DRAFT)
        other = a_video(owner=creator, state=VideoState.DRAFT, title="Thirds")
        client = asking(creator)
        answer = client.post("/studio/bulk?state=draft&q=Fractions", {"do": "publish", "all": "1"})
        job = answer.headers["Location"]
        assert "This changes 5 lessons." in text_of(client, job)
        assert not Video.objects.filter(state=VideoState.PUBLISHED).exists()
        for done in (2, 4):
            assert client.post(job).headers["Location"] == job
            assert f"{done} of 5 lessons are done." in text_of(client, job)
            assert Video.objects.filter(state=VideoState.PUBLISHED).count() == done
        assert "5 lessons were changed." in said(client, client.post(job))
        other.refresh_from_db()
        assert other.state == VideoState.DRAFT
        assert client.get(job).headers["Location"] == "/studio"

    def test_deleting_asks_twice(self, creator: User) -> None:
        first, second = a_video(owner=creator, title="Halves"), a_video(owner=creator)
        client = asking(creator)
        job = client.post("/studio/bulk", {"do": "delete", "ids": [first.public_id]}).headers["Location"]
        text = text_of(client, job)
        assert "Delete 1 lesson with its media, captions and danmaku? This cannot be undone." in text
        assert "<li>Halves</li>" in text
        client.post(job)
        assert Video.objects.count() == 2
        assert "1 lesson was deleted." in said(client, client.post(job, {"sure": "on"}))
        assert list(Video.objects.all()) == [second]

    def test_nobody_goes_on_with_the_change_of_another(self, creator: User) -> None:
        video = a_video(owner=creator)
        form = {"do": "delete", "ids": [video.public_id]}
        job = asking(creator).post("/studio/bulk", form).headers["Location"]
        assert asking(a_person(Role.STAFF)).post(job, {"sure": "on"}).headers["Location"] == "/studio"
        assert Client().post(job).status_code == 302
        assert Video.objects.count() == 1

    def test_a_time_and_a_playlist(self, creator: User) -> None:
        draft = a_video(owner=creator, state=VideoState.DRAFT)
        playlist = a_playlist(owner=creator)
        client = asking(creator)
        client.post("/studio/bulk", {"do": "schedule", "schedule": SOON, "ids": [draft.public_id]})
        draft.refresh_from_db()
        assert draft.publish_at == IN_A_MONTH
        client.post("/studio/bulk", {"do": "playlist", "playlist": playlist.public_id, "ids": [draft.public_id]})
        assert [item.video for item in playlist.items.all()] == [draft]

    @pytest.mark.parametrize(
        ("form", "problem"),
        [
            ({"do": "publish"}, "Choose at least one lesson."),
            ({"ids": ["x"]}, "This field is required."),
            ({"do": "explode", "ids": ["x"]}, "Select a valid choice"),
            ({"do": "subject", "ids": ["x"]}, "Choose what the lessons are to be changed to."),
            ({"do": "subject", "subject": "magic", "ids": ["x"]}, "Select a valid choice"),
            ({"do": "schedule", "schedule": "soon", "ids": ["x"]}, "Enter a valid date/time."),
            ({"do": "organization", "organization": "x", "ids": ["x"]}, "Select a valid choice"),
            ({"do": "publish", "ids": [str(n) for n in range(501)]}, "Choose at most 500 lessons"),
        ],
    )
    def test_what_cannot_be_done_is_explained(self, creator: User, form: dict[str, object], problem: str) -> None:
        a_video(owner=creator)
        answer = asking(creator).post("/studio/bulk", form)
        assert answer.status_code == 422
        assert f'<p class="field-error" role="alert">{problem}' in answer.content.decode()

    def test_what_is_no_lesson_is_not_found(self, creator: User) -> None:
        client = asking(creator)
        answer = client.post("/studio/bulk", {"do": "publish", "ids": ["\0", "'; drop"]})
        assert "2 could not: Not found" in said(client, answer)

    def test_what_was_chosen_stays_when_something_is_missing(self, creator: User) -> None:
        here, elsewhere = a_video(owner=creator, title="Halves"), a_video(owner=creator, title="Thirds")
        form = {"do": "subject", "ids": [here.public_id, elsewhere.public_id]}
        text = asking(creator).post("/studio/bulk?q=Halves", form).content.decode()
        assert f'form="bulk" value="{here.public_id}" checked>' in text
        assert f'<input type="hidden" name="ids" value="{elsewhere.public_id}">' in text
        assert '<option value="subject" selected>' in text
        assert asking(creator).get("/studio/bulk").headers["Location"] == "/studio"

    def test_only_steps_that_can_be_done_are_offered(self, creator: User) -> None:
        a_video(owner=creator)
        text = text_of(asking(creator), "/studio")
        offered = set(re.findall(r'<option value="(\w+)"', text.partition('name="do"')[2].partition("</select>")[0]))
        assert offered == set(Step) - {Step.ORGANIZATION, Step.PLAYLIST}
        an_organization(teacher=creator)
        a_playlist(owner=creator)
        text = text_of(asking(creator), "/studio")
        assert '<option value="organization"' in text
        assert '<option value="playlist"' in text


class TestSchedule:
    def test_a_time_is_set_shown_changed_and_cancelled(self, creator: User) -> None:
        video = a_video(owner=creator, state=VideoState.DRAFT)
        client, path = asking(creator), f"/studio/{video.public_id}/schedule"
        assert client.post(path, {"at": SOON}).status_code == 302
        assert f'<time datetime="{SOON}:00+00:00">' in text_of(client, "/studio?state=scheduled")
        assert f'value="{SOON}"' in text_of(client, f"/studio/{video.public_id}")
        client.post(path, {"cancel": "1"})
        video.refresh_from_db()
        assert (video.publish_at, video.state) == (None, VideoState.DRAFT)

    @pytest.mark.parametrize("at", ["", "soon", "2099-01-01T00:00", "2027-13-01T00:00"])
    def test_what_is_no_time_changes_nothing(self, creator: User, at: str) -> None:
        video = a_video(owner=creator, state=VideoState.DRAFT)
        client = asking(creator)
        assert "Choose a" in said(client, client.post(f"/studio/{video.public_id}/schedule", {"at": at}))
        video.refresh_from_db()
        assert video.publish_at is None

    def test_it_is_for_its_creator(self, creator: User) -> None:
        video = a_video(state=VideoState.DRAFT)
        path = f"/studio/{video.public_id}/schedule"
        assert asking(creator).post(path, {"at": SOON}).status_code == 404
        assert asking(video.owner).get(path).status_code == 405
