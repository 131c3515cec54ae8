"""Pages about what was said: the authors' own, a lesson's for those who teach it, the queue of staff."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Role, User
from eduvideo.catalog.models import Video, VideoState
from eduvideo.danmaku.decisions import decide, report_danmaku
from eduvideo.danmaku.models import Care, Danmaku, DanmakuState
from eduvideo.danmaku.services import NewDanmaku, add_danmaku_bulk, post_danmaku, withdraw_danmaku
from eduvideo.moderation.models import Act, Decision, Report
from tests.factories.accounts import an_organization
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_lesson, a_person, some_danmaku
from tests.factories.pages import XSS, Scripts

pytestmark = pytest.mark.django_db


@pytest.fixture
def lesson() -> Video:
    return a_lesson()


@pytest.fixture
def student() -> User:
    return a_person()


@pytest.fixture
def staff() -> User:
    return a_person(Role.STAFF)


def said(lesson: Video, text: str, author: User | None = None, **more: Any) -> Danmaku:
    return post_danmaku(lesson, author=author or a_person(), position_ms=61_000, text=text, **more)


def text_of(client: Client, path: str, query: dict[str, str] | None = None) -> str:
    answer = client.get(path, query or {})
    assert answer.status_code == 200
    return answer.content.decode()


def listed(html: str) -> list[str]:
    return re.findall(r'<p class="said" dir="auto">(.*?)</p>', html)


def queries_of(client: Client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        text_of(client, path)
    return len(captured)


class TestMine:
    def test_every_state_is_told_with_its_reason(self, lesson: Video, student: User) -> None:
        rows = {text: said(lesson, text, student) for text in ("shown", "hidden", "taken", "reported", "23333333")}
        decide(lesson, Act.HIDE, by=lesson.owner, ids=[rows["hidden"].public_id], reason="spam")
        withdraw_danmaku(rows["taken"], by=student)
        for _ in range(3):
            report_danmaku(rows["reported"], by=a_person(), reason="abuse")
        html = text_of(asking(student), "/me/danmaku")
        assert listed(html) == ["23333333", "reported", "taken", "hidden", "shown"]
        for sentence in (
            "it was hidden by the creator of the lesson.",
            "Reason: Advertising or spam.",
            f"tell {lesson.owner.display_name}, who made the lesson.",
            "You took it back",
            "Several people reported it.",
            "because it repeats itself",
            f"/watch/{lesson.public_id}?t=61",
        ):
            assert sentence in html

    def test_it_tells_no_more_of_a_lesson_that_is_closed(self, lesson: Video, student: User) -> None:
        said(lesson, "Why?", student)
        Video.objects.filter(pk=lesson.pk).update(state=VideoState.DRAFT, title="Test for Thursday")
        html = text_of(asking(student), "/me/danmaku")
        assert listed(html) == ["Why?"]
        assert "Test for Thursday" not in html
        assert "You can no longer watch this lesson." in html
        (own,) = asking(student).get("/api/v1/me/danmaku").json()["items"]
        assert own["video"] == {"id": lesson.public_id, "title": ""}

    def test_it_is_for_oneself_only_and_found_from_the_account(self, lesson: Video, student: User) -> None:
        said(lesson, "of another")
        assert listed(text_of(asking(student), "/me/danmaku")) == []
        assert Client().get("/me/danmaku").status_code == 302
        assert 'href="/me/danmaku"' in text_of(asking(student), "/accounts/me")

    def test_it_comes_in_pages_with_the_same_queries(self, lesson: Video, student: User) -> None:
        client = asking(student)
        add_danmaku_bulk(lesson, [NewDanmaku(1, "0", author=student)])
        one = queries_of(client, "/me/danmaku")
        add_danmaku_bulk(lesson, [NewDanmaku(n, str(n), author=student) for n in range(1, 55)])
        assert queries_of(client, "/me/danmaku") == one
        following = re.search(r'href="(\?cursor=[^"]+)"', text_of(client, "/me/danmaku"))
        assert following
        assert len(listed(text_of(client, f"/me/danmaku{following[1]}"))) == 5


class TestLesson:
    def path(self, lesson: Video, rest: str = "") -> str:
        return f"/studio/{lesson.public_id}/danmaku{rest}"

    def test_filters_find_and_forms_lead_back_to_what_was_asked_for(self, lesson: Video, student: User) -> None:
        row, other = said(lesson, "why?", student, kind="question"), said(lesson, "nice")
        report_danmaku(row, by=a_person(), reason="abuse", note="he means me")
        owner = asking(lesson.owner)
        assert listed(text_of(owner, self.path(lesson))) == ["nice", "why?"]
        for query in ({"kind": "question"}, {"reported": "on"}, {"text": "WHY"}, {"author": row.author_key}):
            assert listed(text_of(owner, self.path(lesson), query)) == ["why?"]
        assert listed(text_of(owner, self.path(lesson), {"state": "nonsense"})) == ["nice", "why?"]
        html = text_of(owner, self.path(lesson), {"author": row.author_key})
        assert "he means me" in html
        assert f"Only what {student.display_name} said here." in html
        answer = owner.post(f"{self.path(lesson)}-decisions?kind=question", {"act": "hide", "ids": [row.public_id]})
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{self.path(lesson)}?kind=question")
        row.refresh_from_db()
        other.refresh_from_db()
        assert (row.state, other.state) == (DanmakuState.HIDDEN, DanmakuState.VISIBLE)

    def test_many_are_decided_at_once_or_all_of_an_author(self, lesson: Video, student: User) -> None:
        add_danmaku_bulk(lesson, [NewDanmaku(n, str(n), author=student) for n in range(3)])
        other = said(lesson, "other")
        owner = asking(lesson.owner)
        ids = list(Danmaku.objects.order_by("seq").values_list("public_id", flat=True))
        owner.post(f"{self.path(lesson)}-decisions", {"act": "protect", "ids": ids[:2]})
        assert Danmaku.objects.filter(care=Care.PROTECTED).count() == 2
        key = Danmaku.objects.values_list("author_key", flat=True).filter(author=student)[0]
        answer = owner.post(
            f"{self.path(lesson)}-decisions", {"act": "hide", "author_key": key, "reason": "spam"}, follow=True
        )
        assert "Decided on 3 danmaku." in answer.content.decode()
        assert list(Danmaku.objects.filter(state=DanmakuState.VISIBLE)) == [other]
        assert set(Decision.objects.filter(act=Act.HIDE).values_list("reason", flat=True)) == {"spam"}

    def test_what_is_no_decision_is_refused(self, lesson: Video) -> None:
        owner = asking(lesson.owner)
        assert owner.post(f"{self.path(lesson)}-decisions", {"act": "burn", "ids": ["a"]}).status_code == 422
        answer = owner.post(f"{self.path(lesson)}-decisions", {"act": "hide"}, follow=True)
        assert "Nothing was to be changed." in answer.content.decode()

    def test_teachers_of_its_organization_moderate_and_nobody_else(self, student: User) -> None:
        teacher = a_person(Role.CREATOR)
        lesson = a_video(organization=an_organization(teacher=teacher, student=student))
        for person, status in ((teacher, 200), (student, 403), (a_person(Role.CREATOR), 403)):
            client = asking(person)
            assert client.get(self.path(lesson)).status_code == status
            allowed = {302} if status == 200 else {status}
            for post in ("-decisions", "-import"):
                assert client.post(f"{self.path(lesson)}{post}", {"act": "hide"}).status_code in allowed

    def test_a_file_is_added_or_told_why_not(self, lesson: Video) -> None:
        owner = asking(lesson.owner)

        def load(data: bytes) -> str:
            file = SimpleUploadedFile("x.xml", data)
            return owner.post(f"{self.path(lesson)}-import", {"file": file}, follow=True).content.decode()

        assert "1 danmaku was added. 1 could not be read." in load(
            b'<i><d p="1,1,25,255,9,0,a,1">x</d><d p="">y</d></i>'
        )
        assert "Nothing was added. Line 1" in load(b"hello")
        assert Danmaku.objects.count() == 1

    def test_queries_stay_the_same_and_text_stays_text(self, lesson: Video) -> None:
        some_danmaku(lesson, 1)
        owner = asking(lesson.owner)
        one = queries_of(owner, self.path(lesson))
        row = said(lesson, XSS, kind="question")
        report_danmaku(row, by=a_person(), reason="abuse", note=XSS)
        for n in range(20):
            said(lesson, f"more {n}")
        assert queries_of(owner, self.path(lesson)) == one
        found = Scripts()
        found.feed(text_of(owner, self.path(lesson)))
        assert (found.inline, found.handlers) == (0, [])


class TestQueue:
    def test_staff_sees_what_waits_and_decides_with_a_reason(self, lesson: Video, staff: User, student: User) -> None:
        first, second = said(lesson, "rude", student), said(a_lesson(), "spam")
        report_danmaku(first, by=a_person(), reason="abuse", note="he means me")
        report_danmaku(second, by=a_person(), reason="spam")
        client = asking(staff)
        html = text_of(client, "/moderation")
        assert listed(html) == ["rude", "spam"]
        assert f"/watch/{lesson.public_id}?t=61" in html
        assert '<option value="abuse" selected>' in html
        assert "he means me" in html
        answer = client.post("/moderation/decide", {"thing": first.public_id, "act": "hide", "reason": "abuse"})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/moderation")
        client.post("/moderation/decide", {"thing": second.public_id, "act": "show"})
        assert listed(text_of(client, "/moderation")) == []
        assert not Report.objects.filter(closed_at=None).exists()
        states = dict(Danmaku.objects.values_list("text", "state"))
        assert states == {"rude": DanmakuState.HIDDEN, "spam": DanmakuState.VISIBLE}
        assert "it was hidden by the staff." in text_of(asking(student), "/me/danmaku")

    def test_the_number_that_waits_is_in_the_menus_of_staff(self, lesson: Video, staff: User) -> None:
        client = asking(staff)
        report_danmaku(said(lesson, "rude"), by=a_person(), reason="abuse")
        assert "Reports <small>1</small>" in text_of(client, "/operations")
        assert "Reports · 1" in text_of(client, "/accounts/me")
        assert "Reports" not in text_of(asking(lesson.owner), "/studio")

    def test_it_is_for_staff_only(self, lesson: Video) -> None:
        row = said(lesson, "rude")
        body = {"thing": row.public_id, "act": "hide"}
        for client, status in ((Client(), 302), (asking(lesson.owner), 403)):
            assert client.get("/moderation").status_code in {status, 401}
            assert client.post("/moderation/decide", body).status_code in {status, 401}
        row.refresh_from_db()
        assert row.state == DanmakuState.VISIBLE

    def test_what_is_not_there_is_not_decided_on(self, staff: User) -> None:
        for thing in ("", "nobody", "%00"):
            assert asking(staff).post("/moderation/decide", {"thing": thing, "act": "hide"}).status_code == 404

    def test_queries_stay_the_same(self, lesson: Video, staff: User) -> None:
        client = asking(staff)
        report_danmaku(said(lesson, "rude"), by=a_person(), reason="abuse")
        one = queries_of(client, "/moderation")
        for n in range(20):
            report_danmaku(said(a_lesson(), f"rude {n}"), by=a_person(), reason="abuse")
        assert queries_of(client, "/moderation") == one
