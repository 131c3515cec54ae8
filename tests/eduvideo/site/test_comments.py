import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Role, User
from eduvideo.catalog.models import Video, Visibility
from eduvideo.community.comments import post_comment, set_comment_mode
from eduvideo.community.models import Comment, CommentLike, CommentState
from eduvideo.moderation.models import Report
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person
from tests.factories.pages import XSS, Scripts

pytestmark = pytest.mark.django_db

PART = {"X-Part": "thread"}


def path_of(video: Video, rest: str = "") -> str:
    return f"/watch/{video.public_id}/comments{rest}"


def text_of(client: Client, path: str, **more: Any) -> str:
    answer = client.get(path, **more)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def texts(html: str) -> list[str]:
    return re.findall(r'<div class="comment-text" dir="auto">(.*?)</div>', html)


def some(video: Video, n: int, *, author: User | None = None) -> list[Comment]:
    author = author or a_person()
    return Comment.objects.bulk_create(Comment(video=video, author=author, text=f"No. {i}") for i in range(n))


class TestWithoutScript:
    def test_one_writes_replies_and_takes_back(self) -> None:
        video, person = a_video(), a_person()
        client = asking(person)
        answer = client.post(path_of(video), {"text": "Why at 0:30?", "key": "k1"})
        comment = Comment.objects.get()
        assert answer.headers["Location"] == path_of(video, f"#c-{comment.public_id}")
        client.post(path_of(video), {"text": "Why at 0:30?", "key": "k1"})
        assert Comment.objects.count() == 1
        link = f'Why at <a href="/watch/{video.public_id}?t=30" data-start-ms="30000">0:30</a>?'
        assert texts(text_of(asking(None), path_of(video))) == [link]
        answer = asking(video.owner).post(path_of(video), {"text": "Because", "reply_to": comment.public_id})
        thread = path_of(video, f"/{comment.public_id}")
        assert answer.headers["Location"].startswith(f"{thread}#c-")
        html = text_of(asking(None), thread)
        assert texts(html) == [link, "Because"]
        assert '<span class="chip published">Creator</span>' in html
        asked = client.post(thread, {"act": "delete"}).content.decode()
        assert "Take this comment back?" in asked
        client.post(thread, {"act": "delete", "confirmed": "1"})
        html = text_of(asking(None), path_of(video))
        assert texts(html) == ["Because"]
        assert "This comment was taken back." in html

    def test_what_is_refused_stays_in_the_form_with_the_reason(self) -> None:
        video, person = a_video(), a_person()
        (other,) = some(video, 1)
        client = asking(person)
        answer = client.post(path_of(video), {"text": "see www.spam.example", "reply_to": other.public_id})
        html = answer.content.decode()
        assert answer.status_code == 422
        assert "Links cannot be sent here." in html
        assert ">see www.spam.example</textarea>" in html
        assert f'name="reply_to" value="{other.public_id}"' in html
        client.post(path_of(video), {"text": "fine"})
        mine = Comment.objects.get(author=person)
        answer = client.post(path_of(video, f"/{mine.public_id}"), {"act": "edit", "text": "www.spam.example"})
        assert answer.status_code == 422
        assert ">www.spam.example</textarea>" in answer.content.decode()
        assert client.post(path_of(video, f"/{mine.public_id}"), {"act": "burn"}).status_code == 422

    def test_a_session_that_ended_loses_nothing(self) -> None:
        video, person, client = a_video(), a_person(), Client()
        answer = client.post(path_of(video), {"text": "a long thought"})
        assert answer.headers["Location"].startswith("/accounts/login/")
        assert not Comment.objects.exists()
        assert "You are signed out." in text_of(client, answer.headers["Location"])
        client.force_login(person)
        assert ">a long thought</textarea>" in text_of(client, path_of(video))
        assert "a long thought" not in text_of(client, path_of(video))  # from here on it is the browser's

    def test_what_was_written_before_a_sign_in_is_for_its_author_alone(self) -> None:
        video, author, other, client = a_video(), a_person(), a_person(), Client()
        (comment,) = some(video, 1)
        form = text_of(asking(author), path_of(video))
        assert form.count(f'name="author" value="{author.public_id}"') == 2  # of a comment and of a reply
        written = {"text": "a long thought", "reply_to": comment.public_id, "author": author.public_id}
        client.post(path_of(video), written)
        client.force_login(other)
        assert "a long thought" not in text_of(client, path_of(video))
        client = Client()
        client.post(path_of(video), written)
        client.force_login(author)
        html = text_of(client, path_of(video))
        assert ">a long thought</textarea>" in html
        assert f'name="reply_to" value="{comment.public_id}"><label class="hidden" for="comment-text">' in html

    def test_reports_wait_for_staff_beside_danmaku(self) -> None:
        video, person, staff = a_video(), a_person(), a_person(Role.STAFF)
        (comment,) = some(video, 1)
        path = path_of(video, f"/{comment.public_id}")
        html = asking(person).post(path, {"act": "report", "reason": "abuse"}, follow=True).content.decode()
        assert "Thank you. The staff will look at it." in html
        queue = text_of(asking(staff), "/moderation")
        assert "No. 0" in queue
        assert path in queue
        asking(staff).post(
            "/moderation/decide", {"kind": "comment", "thing": comment.public_id, "act": "hide", "reason": "abuse"}
        )
        comment.refresh_from_db()
        assert comment.state == CommentState.HIDDEN
        assert not Report.objects.filter(closed_at=None).exists()
        own = text_of(asking(comment.author), "/me/comments")
        assert "it was hidden by the staff." in own
        assert "Reason: Hurts somebody." in own

    def test_the_creator_hides_pins_and_switches_off(self) -> None:
        video = a_video()
        first, second = some(video, 2)
        owner = asking(video.owner)
        owner.post(path_of(video, f"/{first.public_id}"), {"act": "pin"})
        assert texts(text_of(asking(None), path_of(video))) == ["No. 0", "No. 1"]
        owner.post(path_of(video, f"/{second.public_id}"), {"act": "hide", "reason": "spam"})
        assert texts(text_of(asking(None), path_of(video))) == ["No. 0"]
        told = text_of(asking(second.author), path_of(video))
        assert "It was hidden by the creator of the lesson." in told
        assert asking(second.author).post(path_of(video, f"/{second.public_id}"), {"act": "show"}).status_code == 403
        owner.post(path_of(video, "/mode"), {"mode": "off"})
        html = text_of(asking(a_person()), path_of(video))
        assert "Comments are switched off for this lesson." in html
        assert "<textarea" not in html
        assert asking(a_person()).post(path_of(video, "/mode"), {"mode": "on"}).status_code == 403
        assert 'src="/watch/' not in text_of(asking(None), f"/watch/{a_off().public_id}")

    def test_likes_are_forms_too(self) -> None:
        video, person = a_video(), a_person()
        (comment,) = some(video, 1)
        path = path_of(video, f"/{comment.public_id}")
        answer = asking(person).post(f"{path}/like", {"on": "1"})
        assert answer.headers["Location"] == f"{path}#c-{comment.public_id}"
        assert CommentLike.objects.count() == 1
        asking(person).post(f"{path}/like", {"on": "0"})
        assert not CommentLike.objects.exists()
        assert asking(None).post(f"{path}/like", {"on": "1"}).headers["Location"].startswith("/accounts/login/")


def a_off() -> Video:
    """Return a lesson that takes no comments and has none."""
    video = a_video()
    set_comment_mode(video, mode="off")
    return video


class TestParts:
    def test_an_element_gets_the_list_or_the_thread_without_the_frame(self) -> None:
        video, person = a_video(), a_person()
        client = asking(person)
        answer = client.post(path_of(video), {"text": "Hello"}, headers=PART)
        html = answer.content.decode()
        assert answer.status_code == 200
        assert html.lstrip().startswith('<li class="thread"')
        assert answer.headers["Vary"].count("X-Part") == 1
        part = text_of(client, path_of(video), headers=PART)
        assert "<html" not in part
        assert texts(part) == ["Hello"]
        thread = path_of(video, f"/{Comment.objects.get().public_id}")
        gone = client.post(thread, {"act": "delete", "confirmed": "1"}, headers=PART)
        assert (gone.status_code, gone.content) == (200, b"")

    def test_refusals_are_problems(self) -> None:
        video = a_video()
        for person, body, status in ((None, {"text": "hi"}, 401), (a_person(), {"text": ""}, 422)):
            answer = asking(person).post(path_of(video), body, headers=PART)
            assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
        assert not Comment.objects.exists()


class TestOnTheWatchPage:
    def test_it_has_their_number_and_the_way_to_them_only(self) -> None:
        video = a_video()
        some(video, 3)
        html = text_of(asking(None), f"/watch/{video.public_id}")
        assert f'<edu-comments src="{path_of(video)}">' in html
        assert "<small data-comments>3</small>" in html
        assert "No. 0" not in html

    def test_the_youngest_are_not_shown_them_unasked(self) -> None:
        html = text_of(asking(None), f"/watch/{a_video(grade='1').public_id}")
        assert re.search(r'<edu-comments src="[^"]+" quiet>', html)


def test_only_those_who_may_watch_see_them() -> None:
    video = a_video(visibility=Visibility.ORGANIZATION)
    comment = post_comment(video, author=video.owner, text="for us")
    for path in (path_of(video), path_of(video, f"/{comment.public_id}")):
        assert asking(a_person()).get(path).status_code == 404
        assert asking(a_person()).post(path, {"text": "hi", "act": "report"}).status_code == 404
        assert asking(video.owner).get(path).status_code == 200
    assert asking(a_person()).get(path_of(a_video(), f"/{comment.public_id}")).status_code == 404


def test_what_people_wrote_is_text_and_queries_stay_the_same() -> None:
    video, person = a_video(), a_person()
    User.objects.filter(pk=person.pk).update(display_name=XSS[:60])
    clients = [asking(None), asking(person), asking(video.owner)]
    counts = []
    for more in (1, 18):
        for row in some(video, more, author=person):
            Comment.objects.filter(pk=row.pk).update(text=XSS, reply_count=1)
            Comment.objects.create(video=video, author=a_person(), thread=row, text=XSS)
        counts.append([queries_of(client, path_of(video)) for client in clients])
        counts[-1].append(queries_of(clients[1], "/me/comments"))
    assert counts[0] == counts[1]
    assert max(counts[1]) <= 9
    for client in clients:
        scripts = Scripts()
        scripts.feed(text_of(client, path_of(video)))
        assert (scripts.inline, scripts.handlers) == (0, [])


def test_pages_go_on() -> None:
    video = a_video()
    some(video, 45)
    seen: list[str] = []
    path: str | None = path_of(video)
    while path:
        html = text_of(asking(None), path)
        seen += texts(html)
        following = re.search(r'href="(/watch/[^"]+cursor=[^"]+)"', html)
        path = following[1].replace("&amp;", "&") if following else None
    assert seen == [f"No. {n}" for n in reversed(range(45))]


def queries_of(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)
