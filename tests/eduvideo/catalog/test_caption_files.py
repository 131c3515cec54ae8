"""Captions as files over HTTP: languages side by side, edits while others edit, formats, bytes of any editor."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Role, User
from eduvideo.catalog.models import Video, VideoState
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db

VTT = "WEBVTT\n\n00:01.000 --> 00:03.000\nF = m · a\n\n00:04.000 --> 00:05.000\na < b\n"
GBK = "1\r\n00:00:01,000 --> 00:00:02,000\r\n同学们好，今天我们学习二次函数。\r\n".encode("gbk")


@pytest.fixture
def video() -> Video:
    return a_video(owner=a_person(Role.CREATOR))


@pytest.fixture
def creator(video: Video) -> Client:
    return asking(video.owner)


@pytest.fixture
def path(video: Video) -> str:
    return f"/api/v1/videos/{video.public_id}/captions"


def put(client: Client, path: str, body: bytes | str, **headers: str) -> Any:
    return client.put(path, body, content_type="text/vtt", headers=headers)


def put_json(client: Client, path: str, body: dict[str, object], **headers: str) -> Any:
    return client.put(path, body, content_type="application/json", headers=headers)


def patch(client: Client, path: str, changes: list[dict[str, object]], **headers: str) -> Any:
    return client.patch(path, {"changes": changes}, content_type="application/json", headers=headers)


class TestFiles:
    def test_a_file_goes_in_and_comes_out_as_webvtt_and_srt(self, creator: Client, path: str) -> None:
        answer = put(creator, f"{path}/en?label=English", VTT)
        assert answer.status_code == 200
        assert (answer.json()["label"], answer.json()["revision"]) == ("English", 1)
        assert answer.json()["etag"] == answer.headers["ETag"]
        text = asking(None).get(f"{path}/en")
        assert text.headers["Content-Type"] == "text/vtt; charset=utf-8"
        assert text.content.decode() == (
            "WEBVTT\n\n00:00:01.000 --> 00:00:03.000\nF = m · a\n\n00:00:04.000 --> 00:00:05.000\na &lt; b\n"
        )
        srt = asking(None).get(f"{path}/en?format=srt")
        assert srt.headers["Content-Type"] == "application/x-subrip; charset=utf-8"
        assert srt.content.decode().startswith("1\r\n00:00:01,000 --> 00:00:03,000\r\nF = m · a\r\n\r\n2\r\n")
        assert put(creator, f"{path}/en", srt.content).json()["cues"] == answer.json()["cues"]

    def test_what_the_asker_has_already_is_not_sent_again(self, creator: Client, path: str) -> None:
        put(creator, f"{path}/en", VTT)
        for form in ("vtt", "srt"):
            tag = asking(None).get(f"{path}/en?format={form}").headers["ETag"]
            again = asking(None).get(f"{path}/en?format={form}", headers={"If-None-Match": tag})
            assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        put(creator, f"{path}/en", VTT)
        assert asking(None).get(f"{path}/en?format=srt", headers={"If-None-Match": tag}).status_code == 200

    @pytest.mark.parametrize("language", ["zh", "en"])
    def test_a_chinese_windows_file_is_read(self, creator: Client, path: str, language: str) -> None:
        answer = put(creator, f"{path}/{language}", GBK)
        assert [text for _, _, text in answer.json()["cues"]] == ["同学们好，今天我们学习二次函数。"]

    @pytest.mark.parametrize(
        ("body", "status", "told"),
        [
            (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), 422, "UTF-8"),
            (b"hello", 422, "Line 1"),
            (b"", 422, "Line 1"),
            (b"WEBVTT\n", 422, "no caption"),
            (b"WEBVTT\n" + b"\n" * (5 << 20), 413, "too large"),
            (b"WEBVTT\n" + b"\n" * (7 << 20), 413, "too large"),
        ],
        ids=["picture", "text", "empty", "no cue", "over our limit", "over Django's limit"],
    )
    def test_what_is_no_captions_is_refused_with_what_to_do(
        self, creator: Client, path: str, body: bytes, status: int, told: str
    ) -> None:
        answer = put(creator, f"{path}/en", body)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
        assert told in answer.json()["detail"]
        assert asking(None).get(path).json()["items"] == []

    @pytest.mark.parametrize("ask", ["nope", "en?format=ass", "e" * 30])
    def test_unknown_languages_and_formats_are_problems(self, path: str, ask: str) -> None:
        answer = asking(None).get(f"{path}/{ask}")
        assert answer.status_code in {404, 422}
        assert answer.headers["Content-Type"] == "application/problem+json"

    def test_only_who_may_edit_changes_and_only_who_may_see_reads(self, path: str, video: Video) -> None:
        put(asking(video.owner), f"{path}/en", VTT)
        for person in (None, a_person(), a_person(Role.CREATOR)):
            assert put(asking(person), f"{path}/en", VTT).status_code in {401, 403}
            assert patch(asking(person), f"{path}/en", [{"number": 0, "text": "x"}]).status_code in {401, 403}
            assert asking(person).delete(f"{path}/en").status_code in {401, 403}
        Video.objects.update(state=VideoState.DRAFT)
        assert asking(None).get(f"{path}/en").status_code == 404
        assert asking(video.owner).get(f"{path}/en").status_code == 200


class TestEditing:
    def test_one_cue_is_put_right(self, creator: Client, path: str) -> None:
        tag = put(creator, f"{path}/en", VTT).headers["ETag"]
        answer = patch(creator, f"{path}/en", [{"number": 1, "text": "a ≤ b"}], **{"If-Match": tag})
        assert answer.status_code == 200
        assert answer.json()["cues"] == [[1000, 3000, "F = m · a"], [4000, 5000, "a ≤ b"]]
        assert answer.json()["revision"] == 2
        assert answer.headers["ETag"] != tag

    def test_the_tag_of_any_form_of_it_will_do(self, creator: Client, path: str) -> None:
        put(creator, f"{path}/en", VTT)
        tag = asking(None).get(f"{path}/en?format=srt").headers["ETag"]
        changes = [{"number": 0, "text": ""}]
        assert patch(creator, f"{path}/en", changes, **{"If-Match": f'"other", {tag}'}).status_code == 200

    def test_the_second_of_two_editors_is_told_and_nothing_is_lost(self, creator: Client, path: str) -> None:
        tag = put(creator, f"{path}/en", VTT).headers["ETag"]
        assert patch(creator, f"{path}/en", [{"number": 0, "text": "mine"}], **{"If-Match": tag}).status_code == 200
        late = [
            patch(creator, f"{path}/en", [{"number": 1, "text": "theirs"}], **{"If-Match": tag}),
            put(creator, f"{path}/en", VTT, **{"If-Match": tag}),
            put(creator, f"{path}/en", VTT, **{"If-None-Match": "*"}),
            put_json(creator, path, {"language": "en", "text": VTT}, **{"If-Match": tag}),
            creator.delete(f"{path}/en", headers={"If-Match": tag}),
            creator.delete(f"{path}?language=en", headers={"If-Match": tag}),
            creator.delete(f"{path}/en", headers={"If-Match": f"W/{tag}"}),
        ]
        for answer in late:
            assert (answer.status_code, answer.headers["Content-Type"]) == (412, "application/problem+json")
            assert answer.json()["type"] == "/problems/precondition-failed"
            assert "Load them again" in answer.json()["detail"]
        track = asking(None).get(path).json()["items"][0]
        assert [text for _, _, text in track["cues"]] == ["mine", "a < b"]
        assert put(creator, f"{path}/en", VTT, **{"If-Match": track["etag"]}).status_code == 200

    def test_single_cues_are_changed_only_of_a_version_that_is_named(self, creator: Client, path: str) -> None:
        put(creator, f"{path}/en", VTT)
        answer = patch(creator, f"{path}/en", [{"number": 0, "text": "x"}])
        assert (answer.status_code, answer.json()["type"]) == (428, "/problems/precondition-required")
        assert "If-Match" in answer.json()["detail"]

    @pytest.mark.parametrize(
        "change",
        [{"number": 9, "text": "x"}, {"number": 0, "end_ms": 10}, {"text": "x"}, {"number": 0, "start_ms": -1}],
    )
    def test_a_change_that_makes_no_sense_is_refused(
        self, creator: Client, path: str, change: dict[str, object]
    ) -> None:
        tag = put(creator, f"{path}/en", VTT).headers["ETag"]
        assert patch(creator, f"{path}/en", [change], **{"If-Match": tag}).status_code == 422
        assert asking(None).get(path).json()["items"][0]["revision"] == 1

    def test_languages_live_side_by_side(self, creator: Client, path: str) -> None:
        tags = {language: put(creator, f"{path}/{language}", VTT).headers["ETag"] for language in ("zh-Hans", "en")}
        assert patch(creator, f"{path}/en", [{"number": 0, "text": "x"}], **{"If-Match": tags["en"]}).status_code == 200
        assert creator.delete(f"{path}/en").status_code == 204
        assert creator.delete(f"{path}/en").status_code == 404
        items = asking(None).get(path).json()["items"]
        assert [(item["language"], item["etag"]) for item in items] == [("zh-Hans", tags["zh-Hans"])]


def test_the_number_of_queries_does_not_grow(creator: Client, path: str) -> None:
    counts = []
    for more in (1, 19):
        for _ in range(more):
            number = len(asking(None).get(path).json()["items"])
            put(creator, f"{path}/en-x{number:02}", VTT)
        with CaptureQueriesContext(connection) as queries:
            assert asking(None).get(path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 8


def test_a_page_needs_the_csrf_token(video: Video, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    owner: User = video.owner
    client.force_login(owner)
    assert put(client, f"{path}/en", VTT).status_code == 403
