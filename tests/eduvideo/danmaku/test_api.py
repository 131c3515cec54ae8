from typing import Any

import pytest
from django.test import Client

from eduvideo.accounts.models import Role, User
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.danmaku import pace
from eduvideo.danmaku.models import Danmaku
from tests.factories.accounts import an_organization
from tests.factories.catalog import a_video
from tests.factories.danmaku import a_lesson, a_person, some_danmaku

pytestmark = pytest.mark.django_db


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def send(client: Client, lesson: Video, *, key: str | None = None, **entries: Any) -> Any:
    body = {"position_ms": 1_000, "text": "hello", **entries}
    headers = {"Idempotency-Key": key} if key else {}
    path = f"/api/v1/videos/{lesson.public_id}/danmaku"
    return client.post(path, body, content_type="application/json", headers=headers)


def get_segment(client: Client, lesson: Video, n: int = 0, etag: str | None = None) -> Any:
    headers = {"If-None-Match": etag} if etag else {}
    return client.get(f"/api/v1/videos/{lesson.public_id}/danmaku/segments/{n}", headers=headers)


class TestSending:
    def test_the_answer_is_the_item_that_everyone_gets_and_its_place_in_the_stream(
        self, lesson: Video, student: User
    ) -> None:
        answer = send(signed_in(student), lesson, text="e\u0301", mode="bottom", color="#00FF00", kind="question")
        assert answer.status_code == 201
        sent = answer.json()
        assert sent.pop("seq") == 1
        assert sent.pop("cursor") == "1"
        assert sent == {
            "id": Danmaku.objects.get().public_id,
            "position_ms": 1_000,
            "mode": "bottom",
            "color": "#00ff00",
            "size_px": 25,
            "text": "é",
            "weight": 7,
            "kind": "question",
            "author_key": Danmaku.objects.get().author_key,
        }
        assert get_segment(Client(), lesson).json() == {"cursor": "1", "items": [sent]}

    @pytest.mark.parametrize(
        ("field", "bad"),
        [
            ("text", ""),
            ("text", 7),
            ("text", "x" * 101),
            ("text", "see www.example.org"),
            ("position_ms", -1),
            ("position_ms", 10**30),
            ("position_ms", 181_001),
            ("position_ms", "soon"),
            ("mode", "special"),
            ("color", "red"),
            ("size_px", 26),
            ("kind", "admin"),
        ],
    )
    def test_a_bad_entry_is_named(self, lesson: Video, student: User, field: str, bad: Any) -> None:
        answer = send(signed_in(student), lesson, **{field: bad})
        assert answer.status_code == 422
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert not Danmaku.objects.exists()

    def test_only_signed_in_people_send_and_only_where_they_may_watch(self, lesson: Video, student: User) -> None:
        assert send(Client(), lesson).status_code == 401
        Video.objects.filter(pk=lesson.pk).update(state=VideoState.DRAFT)
        assert send(signed_in(student), lesson).status_code == 404
        assert send(signed_in(lesson.owner), lesson).status_code == 201

    def test_only_the_house_speaks_as_the_teacher(self, lesson: Video, student: User) -> None:
        assert send(signed_in(student), lesson, kind="teacher").status_code == 403
        answer = send(signed_in(lesson.owner), lesson, kind="teacher")
        assert (answer.status_code, answer.json()["weight"]) == (201, 10)

    def test_a_form_of_another_site_cannot_send(self, lesson: Video, student: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(student)
        assert send(client, lesson).status_code == 403

    def test_too_fast_is_told_when_to_try_again(self, lesson: Video, student: User) -> None:
        client = signed_in(student)
        answers = [send(client, lesson, text=f"no. {n}") for n in range(pace.BURST.count + 1)]
        assert [answer.status_code for answer in answers] == [201] * pace.BURST.count + [429]
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 5

    def test_the_same_key_gets_the_same_answer(self, lesson: Video, student: User) -> None:
        client = signed_in(student)
        first, again = send(client, lesson, key="k" * 64), send(client, lesson, key="k" * 64)
        assert (first.status_code, first.json()) == (again.status_code, again.json())
        assert Danmaku.objects.count() == 1
        assert send(client, lesson, key="k" * 65).status_code == 422


class TestSegments:
    def test_an_unchanged_segment_is_304_for_three_queries_less_than_it_has_items(
        self, lesson: Video, student: User, django_assert_num_queries: Any
    ) -> None:
        some_danmaku(lesson, 20)
        client = Client()
        with django_assert_num_queries(3):
            answer = get_segment(client, lesson)
        assert len(answer.json()["items"]) == 20
        with django_assert_num_queries(2):
            assert get_segment(client, lesson, etag=answer.headers["ETag"]).status_code == 304
        send(signed_in(student), lesson)
        assert get_segment(client, lesson, etag=answer.headers["ETag"]).status_code == 200

    def test_one_danmaku_takes_as_many_queries_as_twenty(self, lesson: Video, django_assert_num_queries: Any) -> None:
        some_danmaku(lesson, 1)
        with django_assert_num_queries(3):
            assert len(get_segment(Client(), lesson).json()["items"]) == 1

    def test_a_browser_asks_again_each_time(self, lesson: Video) -> None:
        assert get_segment(Client(), lesson).headers["Cache-Control"] == "private, no-cache"

    @pytest.mark.parametrize("visibility", [Visibility.PUBLIC, Visibility.UNLISTED])
    def test_open_lessons_are_for_everyone(self, visibility: Visibility) -> None:
        assert get_segment(Client(), a_lesson(visibility=visibility)).status_code == 200

    def test_an_organizations_are_for_its_members_owner_and_staff(self, student: User) -> None:
        member = a_person()
        lesson = a_video(visibility=Visibility.ORGANIZATION, organization=an_organization(student=member))
        assert get_segment(Client(), lesson).status_code == 404
        assert get_segment(signed_in(student), lesson).status_code == 404
        for person in (member, lesson.owner, a_person(Role.STAFF)):
            assert get_segment(signed_in(person), lesson).status_code == 200

    @pytest.mark.parametrize("n", ["-1", "x", "100001", "9" * 40])
    def test_a_number_of_no_segment_is_refused(self, lesson: Video, n: str) -> None:
        answer = get_segment(Client(), lesson, n)  # type: ignore[arg-type]  # that is the point
        assert answer.status_code == 422


class TestTakingBack:
    def test_ones_own_is_gone_for_everyone(self, lesson: Video, student: User) -> None:
        client = signed_in(student)
        path = f"/api/v1/videos/{lesson.public_id}/danmaku/{send(client, lesson).json()['id']}"
        before = get_segment(Client(), lesson)
        assert Client().delete(path).status_code == 401
        assert signed_in(a_person()).delete(path).status_code == 403
        assert client.delete(path).status_code == 204
        assert client.delete(path).status_code == 204
        after = get_segment(Client(), lesson, etag=before.headers["ETag"])
        assert (after.status_code, after.json()["items"]) == (200, [])

    def test_the_owner_takes_away_what_others_sent(self, lesson: Video, student: User) -> None:
        sent = send(signed_in(student), lesson).json()["id"]
        owner = signed_in(lesson.owner)
        for path in (f"{a_lesson().public_id}/danmaku/{sent}", f"{lesson.public_id}/danmaku/%00"):
            assert owner.delete(f"/api/v1/videos/{path}").status_code == 404
        assert owner.delete(f"/api/v1/videos/{lesson.public_id}/danmaku/{sent}").status_code == 204
