import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.test import Client

from eduvideo.accounts.models import Role, User
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.danmaku import pace
from eduvideo.danmaku.models import Danmaku, DanmakuBlock, DanmakuLike
from eduvideo.danmaku.services import NewDanmaku, add_danmaku_bulk
from tests.factories.accounts import an_organization
from tests.factories.catalog import a_video
from tests.factories.danmaku import a_lesson, a_person, a_token_of, some_danmaku
from tests.factories.uploads import ask

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
    def test_an_unchanged_segment_is_304_for_a_query_less(
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


def call(client: Client, method: str, lesson: Video, rest: str, body: Any = None) -> Any:
    path = f"/api/v1/videos/{lesson.public_id}/danmaku{rest}"
    return client.generic(method, path, json.dumps(body) if body is not None else "", content_type="application/json")


class TestRoom:
    def test_it_says_what_the_asker_may_send_and_has_chosen(
        self, lesson: Video, student: User, django_assert_num_queries: Any
    ) -> None:
        anonymous = Client().get(f"/api/v1/videos/{lesson.public_id}/danmaku")
        assert anonymous.headers["Cache-Control"] == "private, no-store"
        assert anonymous.json() == {
            "state": "on", "pause_s": 30, "count": 0, "is_quiet": False, "is_moderator": False, "kinds": [],
            "author_key": "", "liked": [], "blocked": [], "preference": None,
        }  # fmt: skip
        client, other = signed_in(student), signed_in(a_person())
        mine, theirs = send(client, lesson).json(), send(other, lesson).json()
        call(client, "POST", lesson, f"/{theirs['id']}/like")
        call(client, "POST", lesson, f"/{theirs['id']}/block")
        client.put("/api/v1/me/danmaku-preference", {"opacity": 0.5}, content_type="application/json")
        with django_assert_num_queries(8):  # session, account, video, policy, count, likes, blocks, preference
            room = call(client, "GET", lesson, "").json()
        assert room == {
            "state": "on", "pause_s": 30, "count": 2, "is_quiet": False, "is_moderator": False,
            "kinds": ["comment", "question"], "author_key": mine["author_key"], "liked": [theirs["id"]],
            "blocked": [theirs["author_key"]], "preference": {"opacity": 0.5},
        }  # fmt: skip

    def test_it_takes_as_many_queries_for_twenty_likes_and_blocks(
        self, lesson: Video, student: User, django_assert_num_queries: Any
    ) -> None:
        for danmaku in some_danmaku(lesson, 20):
            Danmaku.objects.filter(pk=danmaku.pk).update(author=a_person())
            DanmakuLike.objects.create(danmaku=danmaku, user=student)
            DanmakuBlock.objects.create(user=student, author=a_person())
        client = signed_in(student)
        with django_assert_num_queries(8):
            room = call(client, "GET", lesson, "").json()
        assert (len(room["liked"]), len(room["blocked"])) == (20, 20)

    def test_a_teacher_of_the_organization_moderates(self) -> None:
        teacher = a_person()
        lesson = a_video(organization=an_organization(teacher=teacher), grade="1")
        room = call(signed_in(teacher), "GET", lesson, "").json()
        assert (room["is_moderator"], room["kinds"]) == (True, ["comment", "question", "teacher", "answer"])
        assert (room["state"], room["pause_s"], room["is_quiet"]) == ("slow", 60, True)


class TestPolicy:
    def test_the_owner_decides_and_everyone_else_hears_why_not(self, lesson: Video, student: User) -> None:
        owner, policy = signed_in(lesson.owner), {"state": "off", "pause_s": 45}
        assert call(signed_in(student), "PUT", lesson, "/policy", policy).status_code == 403
        assert call(owner, "PUT", lesson, "/policy", {**policy, "pause_s": 4}).status_code == 422
        assert call(owner, "PUT", lesson, "/policy", policy).json() == {**policy, "is_quiet": False}
        assert call(owner, "GET", lesson, "/policy").json() == {**policy, "is_quiet": False}
        refused = send(signed_in(student), lesson)
        assert (refused.status_code, refused.json()["detail"]) == (403, "Danmaku are switched off for this lesson.")
        assert call(signed_in(student), "GET", lesson, "").json()["kinds"] == []
        assert send(owner, lesson).status_code == 201

    def test_a_slow_lesson_says_when_to_try_again(self, lesson: Video, student: User) -> None:
        call(signed_in(lesson.owner), "PUT", lesson, "/policy", {"state": "slow", "pause_s": 600})
        client = signed_in(student)
        assert send(client, lesson).status_code == 201
        refused = send(client, lesson, text="again")
        assert refused.status_code == 429
        assert 500 < int(refused.headers["Retry-After"]) <= 600


class TestReactions:
    def test_a_like_is_one_of_each_person_and_can_be_taken_back(
        self, lesson: Video, student: User, django_assert_max_num_queries: Any
    ) -> None:
        sent = send(signed_in(student), lesson).json()["id"]
        first, second = signed_in(a_person()), signed_in(a_person())
        before = get_segment(Client(), lesson)
        assert call(first, "POST", lesson, f"/{sent}/like").json() == {"likes": 1, "liked": True}
        with django_assert_max_num_queries(13):
            assert call(second, "POST", lesson, f"/{sent}/like").json() == {"likes": 2, "liked": True}
        after = get_segment(Client(), lesson, etag=before.headers["ETag"])
        assert (after.status_code, after.json()["items"][0]["weight"]) == (200, 6)
        assert call(second, "POST", lesson, f"/{sent}/like").json() == {"likes": 2, "liked": True}
        assert call(second, "DELETE", lesson, f"/{sent}/like").json() == {"likes": 1, "liked": False}
        assert call(second, "DELETE", lesson, f"/{sent}/like").json() == {"likes": 1, "liked": False}

    def test_reactions_are_for_accounts_to_what_others_said_here(self, lesson: Video, student: User) -> None:
        sent = send(signed_in(student), lesson).json()["id"]
        for reaction in ("like", "block"):
            assert call(Client(), "POST", lesson, f"/{sent}/{reaction}").status_code == 401
            assert call(signed_in(student), "POST", lesson, f"/{sent}/{reaction}").status_code == 403
            assert call(signed_in(a_person()), "POST", a_lesson(), f"/{sent}/{reaction}").status_code == 404

    def test_whom_somebody_blocked_they_can_see_again(self, lesson: Video, student: User) -> None:
        sent, viewer = send(signed_in(student), lesson).json(), signed_in(a_person())
        for method, blocked in (("POST", [sent["author_key"]]), ("DELETE", [])):
            for _ in range(2):
                assert call(viewer, method, lesson, f"/{sent['id']}/block").status_code == 204
            assert call(viewer, "GET", lesson, "").json()["blocked"] == blocked

    def test_what_was_liked_can_still_be_taken_back(self, lesson: Video, student: User) -> None:
        client, viewer = signed_in(student), signed_in(a_person())
        sent = send(client, lesson).json()["id"]
        call(viewer, "POST", lesson, f"/{sent}/like")
        assert client.delete(f"/api/v1/videos/{lesson.public_id}/danmaku/{sent}").status_code == 204
        assert call(viewer, "GET", lesson, "").json()["liked"] == []
        assert call(signed_in(a_person()), "POST", lesson, f"/{sent}/like").status_code == 404


class TestPreference:
    PATH = "/api/v1/me/danmaku-preference"

    def test_it_is_kept_until_it_is_forgotten(self, student: User) -> None:
        client = signed_in(student)
        assert client.get(self.PATH).json() == {}
        for chosen in ({"on": False, "size": 1.5}, {"area": 0.5}):
            answer = client.put(self.PATH, {**chosen, "unknown": 1}, content_type="application/json")
            assert (answer.status_code, answer.json()) == (200, chosen)
        assert client.get(self.PATH).json() == {"area": 0.5}
        assert client.delete(self.PATH).status_code == 204
        assert client.get(self.PATH).json() == {}

    def test_it_is_for_accounts_and_what_no_player_can_do_is_named(self, student: User) -> None:
        assert Client().get(self.PATH).status_code == 401
        answer = signed_in(student).put(self.PATH, {"opacity": 7}, content_type="application/json")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "opacity")


class TestCurve:
    def test_viewers_get_how_dense_it_is_and_moderators_where_questions_are(self, lesson: Video, student: User) -> None:
        send(signed_in(student), lesson, kind="question", position_ms=2_500)
        shown = call(Client(), "GET", lesson, "/curve")
        assert shown.json() == {"step_ms": 1_000, "counts": [0, 0, 1, *[0] * 177], "questions": None}
        assert call(signed_in(lesson.owner), "GET", lesson, "/curve").json()["questions"][:4] == [0, 0, 1, 0]
        again = Client().get(shown.wsgi_request.path, headers={"If-None-Match": shown.headers["ETag"]})
        assert again.status_code == 304
        send(signed_in(student), lesson, text="me too")
        later = Client().get(shown.wsgi_request.path, headers={"If-None-Match": shown.headers["ETag"]})
        assert (later.status_code, sum(later.json()["counts"])) == (200, 2)

    def test_it_takes_three_queries(self, lesson: Video, django_assert_num_queries: Any) -> None:
        some_danmaku(lesson, 20)
        with django_assert_num_queries(3):
            call(Client(), "GET", lesson, "/curve")


class TestModeration:
    def test_a_report_is_kept_once_and_named_fields_are_refused(self, lesson: Video, student: User) -> None:
        sent = send(signed_in(a_person()), lesson).json()["id"]
        reporter = signed_in(student)
        assert call(Client(), "POST", lesson, f"/{sent}/report", {"reason": "spam"}).status_code == 401
        bad = call(reporter, "POST", lesson, f"/{sent}/report", {"reason": "ugly"})
        assert (bad.status_code, [error["field"] for error in bad.json()["errors"]]) == (422, ["reason"])
        first, again = (call(reporter, "POST", lesson, f"/{sent}/report", {"reason": r}) for r in ("abuse", "spam"))
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json() == again.json()
        assert (first.json()["reason"], first.json()["is_open"]) == ("abuse", True)
        assert call(reporter, "POST", lesson, "/none/report", {"reason": "spam"}).status_code == 404

    def test_moderators_see_who_said_what_and_what_others_say_of_it(
        self, lesson: Video, student: User, django_assert_num_queries: Any
    ) -> None:
        sent = send(signed_in(student), lesson, text="nice", kind="question").json()
        call(signed_in(a_person()), "POST", lesson, f"/{sent['id']}/report", {"reason": "abuse", "note": "rude"})
        some_danmaku(lesson, 20)
        owner = signed_in(lesson.owner)
        with django_assert_num_queries(7):  # session, account, video, reported, rows, reports, decisions
            found = call(owner, "GET", lesson, "/entries?reported=true").json()
        assert found["next"] is None
        (entry,) = found["items"]
        same = ("id", "position_ms", "mode", "color", "size_px", "text", "kind", "weight", "author_key")
        assert {name: entry[name] for name in same} == {name: sent[name] for name in same}
        assert (entry["author"], entry["state"], entry["care"]) == (student.display_name, "visible", "")
        assert (entry["reports"], entry["reasons"], entry["notes"]) == (1, {"abuse": 1}, ["rude"])
        assert entry["decision"] is None
        assert len(call(owner, "GET", lesson, "/entries").json()["items"]) == 21
        assert call(owner, "GET", lesson, "/entries?state=gone").status_code == 422
        assert call(owner, "GET", lesson, "/entries?cursor=xyz").status_code == 422

    def test_decisions_tell_how_much_they_changed(self, lesson: Video, student: User) -> None:
        ids = [send(signed_in(student), lesson, text=f"no. {n}").json()["id"] for n in range(3)]
        owner = signed_in(lesson.owner)
        hide = {"action": "hide", "ids": ids[:2], "reason": "spam"}
        assert [call(owner, "POST", lesson, "/decisions", hide).json() for _ in range(2)] == [
            {"changed": 2},
            {"changed": 0},
        ]
        key = Danmaku.objects.values_list("author_key", flat=True)[0]
        by_author = {"action": "hide", "author_key": key}
        assert call(owner, "POST", lesson, "/decisions", by_author).json() == {"changed": 1}
        assert get_segment(Client(), lesson).json()["items"] == []

    @pytest.mark.parametrize(
        "body",
        [
            {"action": "hide"},
            {"action": "hide", "ids": ["a"], "author_key": "b"},
            {"action": "delete", "ids": ["a"]},
            {"action": "hide", "ids": []},
            {"action": "hide", "ids": ["a"] * 501},
            {"action": "hide", "author_key": ""},
        ],
    )
    def test_a_decision_says_what_and_on_which(self, lesson: Video, body: dict[str, Any]) -> None:
        assert call(signed_in(lesson.owner), "POST", lesson, "/decisions", body).status_code == 422

    def test_only_those_who_teach_the_lesson_moderate_it(self, student: User) -> None:
        teacher = a_person(Role.CREATOR)
        lesson = a_video(organization=an_organization(teacher=teacher, student=student))
        requests = [("GET", "/entries"), ("GET", "/export"), ("POST", "/import"), ("POST", "/decisions")]
        body = {"action": "hide", "ids": ["a"]}
        for person, refused in ((None, 401), (student, 403), (a_person(Role.CREATOR), 403)):
            client = signed_in(person) if person else Client()
            assert [call(client, method, lesson, path, body).status_code for method, path in requests] == [refused] * 4
        for person in (teacher, lesson.owner, a_person(Role.STAFF)):
            answers = [call(signed_in(person), *request[:1], lesson, request[1], body) for request in requests]
            assert not {answer.status_code for answer in answers} & {401, 403}


class TestMyOwn:
    def test_i_see_all_of_mine_and_what_became_of_them(
        self, lesson: Video, student: User, django_assert_num_queries: Any
    ) -> None:
        client = signed_in(student)
        shown, hidden, taken = (send(client, lesson, text=text).json()["id"] for text in ("a", "b", "c"))
        decide = {"action": "hide", "ids": [hidden], "reason": "Not here, please."}
        call(signed_in(lesson.owner), "POST", lesson, "/decisions", decide)
        call(client, "DELETE", lesson, f"/{taken}")
        send(signed_in(a_person()), lesson, text="of another")
        with django_assert_num_queries(5):  # session, account, rows, reports, decisions
            page = client.get("/api/v1/me/danmaku").json()
        assert [(item["id"], item["state"]) for item in page["items"]] == [
            (taken, "deleted"),
            (hidden, "hidden"),
            (shown, "visible"),
        ]
        assert page["items"][0]["video"] == {"id": lesson.public_id, "title": lesson.title}
        reasons = [item["hidden"] and (item["hidden"]["by"], item["hidden"]["reason"]) for item in page["items"]]
        assert reasons == [None, ("owner", "Not here, please."), None]
        assert Client().get("/api/v1/me/danmaku").status_code == 401

    def test_it_takes_as_many_queries_for_twenty_and_comes_in_pages(
        self, lesson: Video, student: User, django_assert_num_queries: Any
    ) -> None:
        add_danmaku_bulk(lesson, [NewDanmaku(n, str(n), author=student) for n in range(55)])
        client = signed_in(student)
        with django_assert_num_queries(5):
            page = client.get("/api/v1/me/danmaku").json()
        rest = client.get("/api/v1/me/danmaku", {"cursor": page["next"]}).json()
        assert [len(page["items"]), len(rest["items"]), rest["next"]] == [50, 5, None]


class TestExchange:
    XML = b'<i><d p="1,1,25,255,9,0,a,29950852386521095,3">x</d><d p="broken">y</d></i>'

    def load(self, lesson: Video, data: bytes) -> Any:
        path = f"/api/v1/videos/{lesson.public_id}/danmaku/import"
        return signed_in(lesson.owner).post(path, data, content_type="application/xml")

    def test_a_file_is_added_and_what_could_not_be_read_is_counted(self, lesson: Video) -> None:
        answer = self.load(lesson, self.XML)
        assert (answer.status_code, answer.json()) == (201, {"added": 1, "skipped": 1})
        assert [item["text"] for item in get_segment(Client(), lesson).json()["items"]] == ["x"]

    def test_a_broken_file_adds_nothing_and_says_where(self, lesson: Video) -> None:
        answer = self.load(lesson, b"<i>\n<d></i>")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "file")
        assert answer.json()["detail"].startswith("Line 2")
        assert not Danmaku.objects.exists()

    def test_a_file_that_is_too_large_is_refused_before_it_is_read(self, lesson: Video) -> None:
        path = f"/api/v1/videos/{lesson.public_id}/danmaku/import"
        answer = ask("POST", path, headers={"Content-Length": str(100 * 2**20)}, content=unread())
        assert (answer.status_code, answer.json()["detail"]) == (413, "The file is larger than 64 MB.")

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("kind", ["xml", "json", "ass"])
    def test_an_export_comes_as_a_file_and_can_be_read_again(self, lesson: Video, kind: str) -> None:
        self.load(lesson, self.XML)
        path = f"/api/v1/videos/{lesson.public_id}/danmaku/export?format={kind}"
        answer = ask("GET", path, headers={"Authorization": f"Bearer {a_token_of(lesson.owner)}"})
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"] == f'attachment; filename="danmaku-{lesson.public_id}.{kind}"'
        assert "29950852386521095" in answer.text or kind == "ass"
        if kind != "ass":
            assert self.load(a_lesson(), answer.content).json() == {"added": 1, "skipped": 0}


async def unread() -> AsyncIterator[bytes]:
    raise AssertionError("the body was read")
    yield b""
