import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connections
from django.test import Client

from eduvideo.accounts.models import MemberRole, Role, User
from eduvideo.catalog.models import Video, Visibility
from eduvideo.community.access import get_comment_for
from eduvideo.community.comments import (
    EDITABLE_FOR,
    MAX_LENGTH,
    NEW_FOR,
    decide_on_comment,
    edit_comment,
    like_comment,
    pin_comment,
    post_comment,
    recount_likes,
    unlike_comment,
)
from eduvideo.community.models import Comment, CommentLike, CommentState
from eduvideo.core import clock
from eduvideo.core.errors import ConflictError, ForbiddenError
from eduvideo.moderation.models import Act, Decision, Report
from tests.factories.accounts import a_membership, an_organization
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db


def known(role: Role = Role.STUDENT) -> User:
    """Return somebody whose account is not new any more."""
    person = a_person(role)
    User.objects.filter(pk=person.pk).update(date_joined=clock.now() - NEW_FOR)
    return User.objects.get(pk=person.pk)


def path_of(video: Video, rest: str = "") -> str:
    return f"/api/v1/videos/{video.public_id}/comments{rest}"


def write(person: User | None, video: Video, text: str = "Why is that?", *, key: str = "", **more: str) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return asking(person).post(path_of(video), {"text": text, **more}, content_type="application/json", headers=headers)


def said(person: User, video: Video, text: str = "Why is that?", **more: str) -> str:
    answer = write(person, video, text, **more)
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def ask(client: Client, method: str, path: str, **body: str) -> Any:
    return getattr(client, method)(path, body or None, content_type="application/json")


class TestWriting:
    def test_a_comment_is_cleaned_text_of_several_lines(self) -> None:
        video, person = a_video(), known()
        answer = write(
            person, video, "  Hello\u202e  <script>\n\n\n\nz\u0301\u0302\u0303\u0304\u0305\u0306algo e\u0301 "
        )
        assert answer.status_code == 201
        assert answer.json() | {"id": "", "created_at": ""} == {
            "id": "", "text": "Hello <script>\n\nź\u0302\u0303\u0304\u0305algo é",
            "author": {"id": person.public_id, "name": person.display_name},
            "by_creator": False, "mine": True, "state": "visible", "hidden_by": None, "hidden_because": None,
            "pinned": False, "likes": 0, "liked": False, "created_at": "", "edited_at": None, "reply_count": 0,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "Write something first."),
            (" \u200b\n\u2800 ", "Write something first."),
            ("x" * (MAX_LENGTH + 1), "A comment has at most 1000 characters."),
            ("👩‍👩‍👧‍👦" * 999, "A comment has at most 1000 characters."),  # more code points than a row holds
            ("see https://spam.example", "Links cannot be sent here."),
        ],
    )
    def test_what_cannot_be_said_is_refused_with_a_sentence(self, text: str, why: str) -> None:
        answer = write(known(), a_video(), text)
        assert answer.status_code == 422
        assert answer.json()["errors"] == [{"field": "text", "message": why}]
        assert not Comment.objects.exists()

    def test_characters_are_counted_as_people_do(self) -> None:
        assert write(known(), a_video(), "👍🏽" * MAX_LENGTH).status_code == 201

    def test_the_same_key_writes_once(self) -> None:
        video, person = a_video(), known()
        ids = {write(person, video, key="a").json()["id"] for _ in range(3)}
        assert len(ids) == Comment.objects.count() == 1
        assert write(known(), video, key="a").json()["id"] not in ids

    def test_a_row_that_is_refused_is_not_taken_for_an_earlier_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        video, person = a_video(), known()
        said(person, video, "first")

        def refuse(*args: object, **kwargs: object) -> None:
            raise IntegrityError("the lesson is gone")

        monkeypatch.setattr(Comment, "save", refuse)
        with pytest.raises(IntegrityError):
            post_comment(video, author=person, text="second")

    def test_too_fast_is_told_when_to_go_on(self) -> None:
        newcomer, person, video = a_person(), known(), a_video()
        for who, count in ((newcomer, 3), (person, 6)):
            statuses = [write(who, a_video()).status_code for _ in range(count + 1)]
            assert statuses == [201] * count + [429]
        answer = write(person, video)
        assert 0 < int(answer.headers["Retry-After"]) <= 60
        assert write(video.owner, video).status_code == 201
        Comment.objects.update(created_at=clock.now() - timedelta(minutes=2))
        assert write(person, video).status_code == 201

    def test_the_youngest_wait_after_each_and_their_teacher_does_not(self) -> None:
        video, person = a_video(grade="2"), known()
        assert ask(asking(None), "get", path_of(video, "/policy")).json() == {"mode": "quiet", "pause_s": 60}
        assert [write(person, video).status_code for _ in range(2)] == [201, 429]
        assert [write(video.owner, video).status_code for _ in range(2)] == [201, 201]
        assert write(person, a_video()).status_code == 201

    def test_a_creator_switches_them_off(self) -> None:
        video, person = a_video(), known()
        said(person, video)
        for who, status in ((None, 401), (person, 403), (video.owner, 200)):
            assert ask(asking(who), "put", path_of(video, "/policy"), mode="off").status_code == status
        for who in (person, video.owner):
            answer = write(who, video)
            assert (answer.status_code, answer.json()["detail"]) == (403, "Comments are switched off for this lesson.")
        assert ask(asking(video.owner), "put", path_of(video, "/policy"), mode="loud").status_code == 422

    def test_what_has_no_page_has_no_comments(self) -> None:
        video = a_video(visibility=Visibility.EMBED)
        assert write(video.owner, video).status_code == 403

    def test_only_those_who_may_watch_write_and_read(self) -> None:
        member = known()
        video = a_video(visibility=Visibility.ORGANIZATION, organization=an_organization(student=member))
        one = said(member, video)
        for person, status in ((known(), 404), (None, 401)):
            assert write(person, video).status_code == status
            assert ask(asking(person), "get", path_of(video)).status_code == 404
            assert ask(asking(person), "put", path_of(video, f"/{one}/like")).status_code == status
        elsewhere = a_video()
        assert ask(asking(known()), "get", path_of(elsewhere, f"/{one}")).status_code == 404


class TestReplies:
    def test_there_is_one_level(self) -> None:
        video, person, other = a_video(), known(), known()
        first = said(person, video, "first")
        reply = said(other, video, "second", reply_to=first)
        said(person, video, "third", reply_to=reply)
        (thread,) = ask(asking(None), "get", path_of(video)).json()["items"]
        assert [one["text"] for one in thread["replies"]] == ["second", "third"]
        assert thread["reply_count"] == 2
        assert write(person, video, reply_to="nobody").status_code == 404
        assert write(person, a_video(), reply_to=first).status_code == 404

    def test_what_is_taken_back_leaves_its_place_while_there_are_replies(self) -> None:
        video, person, other = a_video(), known(), known()
        first = said(person, video, "secret")
        reply = said(other, video, "reply", reply_to=first)
        assert ask(asking(other), "delete", path_of(video, f"/{first}")).status_code == 403
        assert ask(asking(person), "delete", path_of(video, f"/{first}")).status_code == 204
        (thread,) = ask(asking(other), "get", path_of(video)).json()["items"]
        assert (thread["state"], thread["text"], thread["author"]) == ("deleted", "", None)
        assert [one["text"] for one in thread["replies"]] == ["reply"]
        assert not Comment.objects.filter(text="secret").exists()
        assert ask(asking(other), "get", f"/api/v1/videos/{video.public_id}/reception").json()["comments"] == 1
        assert ask(asking(other), "delete", path_of(video, f"/{reply}")).status_code == 204
        assert ask(asking(None), "get", path_of(video)).json() == {"items": [], "next": None}
        assert write(other, video, reply_to=first).status_code == 404


class TestChanging:
    def test_ones_own_for_a_quarter_of_an_hour(self) -> None:
        video, person = a_video(), known()
        one = path_of(video, f"/{said(person, video)}")
        assert ask(asking(known()), "patch", one, text="no").status_code == 403
        edited = ask(asking(person), "patch", one, text="Because  I say so")
        assert edited.json()["text"] == "Because I say so"
        assert edited.json()["edited_at"]
        assert ask(asking(person), "patch", one, text="www.spam.example").status_code == 422
        Comment.objects.update(created_at=clock.now() - EDITABLE_FOR)
        assert ask(asking(person), "patch", one, text="late").status_code == 403

    def test_what_is_taken_back_meanwhile_gets_no_text_again(self) -> None:
        video, person = a_video(), known()
        one = said(person, video, "secret")
        seen = get_comment_for(person, video.public_id, one)
        ask(asking(person), "delete", path_of(video, f"/{one}"))
        with pytest.raises(ConflictError):
            edit_comment(seen, by=person, text="secret again")
        assert Comment.objects.get().text == ""

    def test_likes_are_once_of_others_and_right_after_an_account_is_gone(self) -> None:
        video, person, other, third = a_video(), known(), known(), known()
        one = path_of(video, f"/{said(person, video)}/like")
        assert ask(asking(person), "put", one).status_code == 403
        for _ in range(2):
            assert ask(asking(other), "put", one).json() == {"likes": 1, "liked": True}
        assert ask(asking(third), "put", one).json() == {"likes": 2, "liked": True}
        other.delete()
        recount_likes()
        assert Comment.objects.get().likes == CommentLike.objects.count() == 1
        for _ in range(2):
            assert ask(asking(third), "delete", one).json() == {"likes": 0, "liked": False}

    def test_who_is_gone_leaves_what_they_said_without_a_name(self) -> None:
        video, person = a_video(), known()
        said(person, video, "bye")
        person.delete()
        (thread,) = ask(asking(None), "get", path_of(video)).json()["items"]
        assert (thread["text"], thread["author"], thread["by_creator"]) == ("bye", None, False)


class TestDeciding:
    def test_the_creator_hides_and_the_author_is_told(self) -> None:
        video, person = a_video(), known()
        one = said(person, video, "rude")
        hidden = path_of(video, f"/{one}/hidden")
        for who, status in ((None, 401), (known(), 403), (video.owner, 204)):
            assert ask(asking(who), "put", hidden, reason="abuse").status_code == status
        for who in (None, known()):
            assert ask(asking(who), "get", path_of(video)).json()["items"] == []
            assert ask(asking(who), "get", path_of(video, f"/{one}")).status_code == 404
        for who in (person, video.owner):
            (thread,) = ask(asking(who), "get", path_of(video)).json()["items"]
            assert (thread["text"], thread["state"]) == ("rude", "hidden")
            assert (thread["hidden_by"], thread["hidden_because"]) == ("owner", "abuse")
        assert ask(asking(video.owner), "delete", hidden).status_code == 204
        assert ask(asking(None), "get", path_of(video)).json()["items"][0]["state"] == "visible"
        assert list(Decision.objects.values_list("act", flat=True)) == ["hide", "show"]

    def test_only_staff_shows_what_staff_has_hidden(self) -> None:
        video, person, staff = a_video(), known(), known(Role.STAFF)
        hidden = path_of(video, f"/{said(person, video)}/hidden")
        ask(asking(staff), "put", hidden, reason="spam")
        assert ask(asking(video.owner), "delete", hidden).status_code == 403
        assert ask(asking(staff), "delete", hidden).status_code == 204

    def test_what_staff_hides_meanwhile_stays_hidden(self) -> None:
        video, person, staff = a_video(), known(), known(Role.STAFF)
        one = said(person, video)
        seen = get_comment_for(video.owner, video.public_id, one)
        ask(asking(staff), "put", path_of(video, f"/{one}/hidden"), reason="spam")
        with pytest.raises(ForbiddenError):
            decide_on_comment(seen, Act.SHOW, by=video.owner)
        assert Comment.objects.get().state == CommentState.HIDDEN

    def test_what_staff_hides_after_the_creator_is_theirs(self) -> None:
        video, person, staff = a_video(), known(), known(Role.STAFF)
        hidden = path_of(video, f"/{said(person, video)}/hidden")
        ask(asking(video.owner), "put", hidden, reason="off_topic")
        assert ask(asking(staff), "put", hidden, reason="spam").status_code == 204
        assert ask(asking(video.owner), "delete", hidden).status_code == 403
        assert ask(asking(staff), "delete", hidden).status_code == 204

    def test_a_late_report_gives_what_staff_has_hidden_to_nobody_else(self) -> None:
        video, person, staff = a_video(), known(), known(Role.STAFF)
        one = said(person, video)
        hidden = path_of(video, f"/{one}/hidden")
        ask(asking(staff), "put", hidden, reason="spam")
        # Somebody had looked at it before.
        Report.objects.create(kind="comment", thing=one, video=video.public_id, reporter=known(), reason="spam")
        assert ask(asking(video.owner), "put", hidden, reason="off_topic").status_code == 204
        assert ask(asking(video.owner), "delete", hidden).status_code == 403

    def test_what_is_hidden_of_who_is_gone_has_no_place_either(self) -> None:
        video, person = a_video(), known()
        one = path_of(video, f"/{said(person, video, 'rude')}")
        ask(asking(video.owner), "put", f"{one}/hidden", reason="abuse")
        person.delete()
        assert ask(asking(None), "get", one).status_code == 404
        assert ask(asking(video.owner), "get", one).status_code == 200

    def test_teachers_of_the_organization_write_but_do_not_decide(self) -> None:
        school, teacher, member = an_organization(), known(Role.CREATOR), known()
        a_membership(school, teacher, role=MemberRole.TEACHER)
        a_membership(school, member)
        video = a_video(visibility=Visibility.ORGANIZATION, organization=school)
        one = said(member, video)
        said(teacher, video)
        assert ask(asking(teacher), "put", path_of(video, f"/{one}/hidden"), reason="").status_code == 403

    def test_hidden_replies_are_not_counted(self) -> None:
        video, person = a_video(), known()
        first = said(person, video)
        reply = said(person, video, "reply", reply_to=first)
        hidden = path_of(video, f"/{reply}/hidden")
        for method, count in (("put", 0), ("put", 0), ("delete", 1), ("delete", 1)):
            ask(asking(video.owner), method, hidden, **({"reason": ""} if method == "put" else {}))
            assert Comment.objects.get(public_id=first).reply_count == count

    def test_one_is_pinned_and_first(self) -> None:
        video, person = a_video(), known()
        first, second = said(person, video, "first"), said(person, video, "second")
        reply = said(person, video, "reply", reply_to=first)
        owner = asking(video.owner)
        assert ask(asking(person), "put", path_of(video, f"/{first}/pin")).status_code == 403
        assert ask(owner, "put", path_of(video, f"/{reply}/pin")).status_code == 409
        for one, texts in ((second, ["second", "first"]), (first, ["first", "second"])):
            assert ask(owner, "put", path_of(video, f"/{one}/pin")).status_code == 204
            items = ask(asking(None), "get", path_of(video)).json()["items"]
            assert ([item["text"] for item in items], items[0]["pinned"]) == (texts, True)
        ask(owner, "put", path_of(video, f"/{first}/hidden"), reason="")
        assert not Comment.objects.filter(is_pinned=True).exists()
        ask(owner, "put", path_of(video, f"/{second}/pin"))
        ask(owner, "delete", path_of(video, f"/{second}/pin"))
        assert not Comment.objects.filter(is_pinned=True).exists()

    def test_reports_are_once_and_closed_by_what_becomes_of_it(self) -> None:
        video, person, other = a_video(), known(), known()
        first, second, third = (said(person, video, text) for text in ("rude", "fine", "mine"))
        for one in (first, first, second, third):
            assert ask(asking(other), "post", path_of(video, f"/{one}/report"), reason="abuse").status_code == 204
        assert Report.objects.filter(kind="comment", video=video.public_id, closed_at=None).count() == 3
        assert ask(asking(person), "post", path_of(video, f"/{first}/report"), reason="abuse").status_code == 403
        assert ask(asking(other), "post", path_of(video, f"/{first}/report"), reason="boring").status_code == 422
        ask(asking(video.owner), "put", path_of(video, f"/{first}/hidden"), reason="abuse")
        ask(asking(video.owner), "delete", path_of(video, f"/{second}/hidden"))  # looked at, and stays
        ask(asking(person), "delete", path_of(video, f"/{third}"))
        assert not Report.objects.filter(closed_at=None).exists()
        states = dict(Comment.objects.values_list("public_id", "state"))
        assert states == {first: CommentState.HIDDEN, second: CommentState.VISIBLE, third: CommentState.DELETED}


@pytest.mark.django_db(transaction=True)
class TestAtOneInstant:
    """Two people, or two tabs, change the same row; on PostgreSQL their transactions run beside each other."""

    ROUNDS = 15

    def both(self, *works: Callable[[], object]) -> None:
        together = threading.Barrier(len(works))

        def attempt(work: Callable[[], object]) -> bool:
            try:
                work()
            except OperationalError:  # SQLite in memory refuses to begin where a file waits for the lock
                return False
            return True

        def run(work: Callable[[], object]) -> None:
            try:
                together.wait(10)
                wait_until(lambda: attempt(work), timeout_s=20, message="the lock was never free", every_s=0.01)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(works)) as pool:
            for future in [pool.submit(run, work) for work in works]:
                future.result(timeout=30)

    def test_likes_are_counted_one_after_the_other(self) -> None:
        comment = post_comment(a_video(), author=known(), text="Why is that?")
        one, two = known(), known()
        for _round in range(self.ROUNDS):
            like_comment(comment, by=two)
            self.both(partial(like_comment, comment, by=one), partial(unlike_comment, comment, by=two))
            assert Comment.objects.get().likes == CommentLike.objects.count() == 1
            unlike_comment(comment, by=one)

    def test_of_two_pins_one_is_left(self) -> None:
        video = a_video()
        first, second = (post_comment(video, author=known(), text="Why is that?") for _ in range(2))
        for _round in range(self.ROUNDS):
            self.both(partial(pin_comment, first), partial(pin_comment, second))
            assert Comment.objects.filter(is_pinned=True).count() == 1
            Comment.objects.update(is_pinned=False)
