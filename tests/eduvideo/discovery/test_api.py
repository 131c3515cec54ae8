import json
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eduvideo.accounts.models import Role, User
from eduvideo.accounts.services import remove_member
from eduvideo.catalog import services as catalog
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.core.relay import relay_due_events
from eduvideo.media.captioning import put_captions
from eduvideo.media.models import Asset
from eduvideo.study.services import set_study_guide
from search.errors import EngineError
from tests.factories.accounts import an_organization
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db(transaction=True)

VTT = "WEBVTT\n\n00:02.000 --> 00:05.000\n先看定义。\n\n01:05.000 --> 01:09.000\n顶点可以用配方法求出。\n"


def publish(video: Video) -> Video:
    catalog.touch_video(video)
    relay_due_events()
    return video


def found(text: str, **filters: str) -> dict[str, object]:
    query = "&".join(f"{name}={quote(value)}" for name, value in {"q": text, **filters}.items())
    answer = asking(None).get(f"/api/v1/search?{query}")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def encodable(text: str) -> str:
    """Return text as a client can send it."""
    return text.encode(errors="replace").decode()


@pytest.mark.parametrize("words", ["二次函数", "函数", "二次函數", "二次", "函", "配方法"])
def test_chinese_words_of_any_length_and_script_are_found(words: str) -> None:
    video = a_video(title="二次函数的图像", language="zh", grade="9")
    put_captions(video.asset, language="zh", text=VTT)
    publish(video)
    result = found(words)
    assert [item["video"]["id"] for item in result["items"]] == [video.public_id]  # type: ignore[attr-defined]


def test_a_word_that_is_only_said_comes_with_its_second() -> None:
    video = a_video(title="二次函数的图像", language="zh")
    put_captions(video.asset, language="zh", text=VTT)
    publish(video)
    moments = found("配方法")["items"][0]["moments"]  # type: ignore[index]
    assert moments == [{"start_ms": 65_000, "text": "顶点可以用配方法求出。", "marks": [[5, 8]]}]


def test_english_is_found_by_its_stem() -> None:
    publish(a_video(title="Comparing fractions"))
    assert found("compare fraction")["total"] == 1


def test_facets_count_and_filter() -> None:
    publish(a_video(title="Waves of light", subject="physics", grade="8"))
    publish(a_video(title="Waves of sound", subject="physics", grade="9"))
    publish(a_video(title="Waves of the sea", subject="geography", grade="9"))
    result = found("waves", subject="physics")
    assert result["total"] == 2
    facets = json.loads(json.dumps(result["facets"]))
    assert {row["id"]: row["count"] for row in facets["subject"]} == {"physics": 2, "geography": 1}
    assert {row["id"]: row["count"] for row in facets["grade"]} == {"8": 1, "9": 1}


def test_each_facet_counts_under_the_others() -> None:
    owner = a_person(Role.CREATOR)
    User.objects.filter(pk=owner.pk).update(display_name="Ada")
    short = a_video(title="Waves", owner=owner, language="en")
    long = a_video(title="Waves", owner=owner, language="zh")
    Asset.objects.filter(pk=long.asset_id).update(duration_ms=1_800_000)
    put_captions(long.asset, language="zh", text=VTT)
    for video in (short, long, a_video(title="Waves", language="zh")):
        publish(video)
    facets = found("waves", language="zh")["facets"]
    assert {name: [(row["name"], row["count"]) for row in rows] for name, rows in facets.items()} == {  # type: ignore[attr-defined]
        "subject": [("Mathematics", 2)],
        "grade": [("Grade 5", 2)],
        "language": [("中文", 2), ("English", 1)],
        "duration": [("Under 5 minutes", 1), ("20 to 60 minutes", 1)],
        "captions": [("With captions", 1)],
        "creator": facets["creator"] and [(row["name"], 1) for row in facets["creator"]],  # type: ignore[index]
    }
    assert "Ada" in {row["name"] for row in facets["creator"]}  # type: ignore[index]
    chosen = found("waves", duration="long", captions="yes", creator=owner.public_id)
    assert [item["video"]["id"] for item in chosen["items"]] == [long.public_id]  # type: ignore[attr-defined]


def test_words_for_a_grade_and_a_subject_become_filters_that_can_be_refused() -> None:
    for grade in ("8", "9"):
        publish(a_video(title="浮力", subject="physics", grade=grade, language="zh"))
    result = found("初二物理浮力")
    assert result["total"] == 1
    understood = {
        "text": "浮力",
        "subject": {"id": "physics", "name": "Physics"},
        "grade": {"id": "8", "name": "Grade 8"},
    }
    assert result["understood"] == understood
    assert found("初二物理浮力", grade="9")["understood"] == {**understood, "grade": None}
    literal = found("初二物理浮力", literal="1")
    assert literal["total"] == 2
    assert literal["understood"]["grade"] is None  # type: ignore[index]


def test_a_typing_error_is_named_where_its_correction_finds_something() -> None:
    publish(a_video(title="Photosynthesis"))
    assert found("photosyntesis")["did_you_mean"] == "photosynthesis"
    assert found("photosynthesis")["did_you_mean"] is None
    assert found("photosyntesis", grade="9")["did_you_mean"] is None


def test_the_total_says_how_many_have_all_words() -> None:
    publish(a_video(title="Waves of light"))
    publish(a_video(title="Waves of sound"))
    result = found("waves sound")
    assert (result["total"], result["complete"]) == (2, 1)


def test_a_heading_of_the_study_guide_opens_at_its_time() -> None:
    video = a_video(title="Halves")
    set_study_guide(video, markdown="# Introduction\n\n## [01:05] Numerators\n")
    publish(video)
    [item] = found("numerators")["items"]  # type: ignore[misc]
    assert item["moments"] == [{"start_ms": 65_000, "text": "Numerators", "marks": [[0, 10]]}]


def test_own_grade_and_the_language_of_the_page_come_first_and_nothing_is_left_out() -> None:
    videos = {
        (grade, language): publish(a_video(title="Waves", grade=grade, language=language)).public_id
        for grade in ("3", "8")
        for language in ("en", "zh")
    }
    student = a_person(Role.STUDENT)
    User.objects.filter(pk=student.pk).update(grade="8")
    for language in ("en", "zh"):
        answer = asking(student).get("/api/v1/search?q=waves", headers={"Accept-Language": language}).json()
        assert answer["items"][0]["video"]["id"] == videos["8", language]
        assert answer["total"] == 4


def test_the_order_is_explained_to_staff_only() -> None:
    publish(a_video(title="Waves"))
    for role, is_told in ((Role.STAFF, True), (Role.CREATOR, False)):
        [item] = asking(a_person(role)).get("/api/v1/search?q=waves&explain=1").json()["items"]
        assert (item["why"] is not None) is is_told


@dataclass(frozen=True)
class Seen:
    """What of a word somebody gets to see."""

    items: set[str]
    total: int
    counted: set[int]
    suggested: set[str]
    did_you_mean: str | None

    @classmethod
    def by(cls, person: User | None, word: str) -> "Seen":
        client = asking(person)
        page = client.get("/api/v1/search", {"q": word}).json()
        typed = client.get("/api/v1/suggest", {"q": word[:5]}).json()
        counts = {sum(row["count"] for row in rows) for name, rows in page["facets"].items() if name != "captions"}
        mistyped = client.get("/api/v1/search", {"q": f"{word[:-3]}{word[-2:]}"}).json()
        return cls(
            items={item["video"]["id"] for item in page["items"]},
            total=page["total"],
            counted=counts,
            suggested={row["text"] for row in typed["items"]} - {word},
            did_you_mean=mistyped["did_you_mean"],
        )


NOTHING = Seen(set(), 0, {0}, set(), None)


def test_everybody_finds_what_is_for_them_and_sees_no_trace_of_the_rest() -> None:
    """Each kind of lesson under a word of its own, for each kind of viewer."""
    owner, member, other, staff = (a_person(role) for role in (Role.CREATOR, Role.STUDENT, Role.STUDENT, Role.STAFF))
    school = an_organization(teacher=owner, student=member)
    an_organization(name="Another", student=other)
    words = {
        "public": "quaternions", "unlisted": "octonions", "organization": "sedenions", "embed": "tessarines",
        "draft": "biquaternions", "withdrawn": "hypercomplex",
    }  # fmt: skip
    videos = {}
    for kind, word in words.items():
        state = VideoState(kind) if kind in VideoState.values else VideoState.PUBLISHED
        visibility = Visibility(kind) if kind in Visibility.values else Visibility.PUBLIC
        videos[kind] = a_video(
            title=f"{word.title()} here", owner=owner, organization=school, visibility=visibility, state=state
        )
        catalog.touch_video(videos[kind])
    relay_due_events()
    for viewer in (None, member, other, owner, staff):
        for kind, word in words.items():
            may_find = kind == "public" or (kind == "organization" and viewer in {member, owner})
            key, title = videos[kind].public_id, videos[kind].title
            # What may be meant is learned from what everyone may find.
            meant = word if kind == "public" else None
            wanted = Seen({key}, 1, {1}, {title}, meant) if may_find else NOTHING
            assert Seen.by(viewer, word) == wanted, (viewer, kind)


@pytest.mark.parametrize("how", ["unlist", "unpublish", "withdraw", "delete", "organization", "embed"])
def test_what_is_hidden_leaves_no_trace(how: str) -> None:
    owner = a_person(Role.CREATOR)
    school = an_organization(teacher=owner)
    video = publish(a_video(title="Quaternions here", owner=owner, organization=school))
    assert Seen.by(None, "quaternions").total == 1
    match how:
        case "unpublish":
            catalog.unpublish_video(video, by=owner)
        case "withdraw":
            catalog.withdraw_video(video, by=owner)
        case "delete":
            catalog.delete_video(video, by=owner)
        case _:
            visibility = "unlisted" if how == "unlist" else how
            catalog.update_video(video, by=owner, changes=catalog.VideoChanges(visibility=visibility))
    relay_due_events()
    assert Seen.by(None, "quaternions") == NOTHING
    assert Seen.by(owner, "quaternions").total == (1 if how == "organization" else 0)


def test_who_leaves_an_organization_finds_its_lessons_no_more() -> None:
    member = a_person(Role.STUDENT)
    school = an_organization(student=member)
    publish(a_video(title="Quaternions here", visibility=Visibility.ORGANIZATION, organization=school))
    assert Seen.by(member, "quaternions").suggested == {"Quaternions here"}
    remove_member(school, email=member.email)
    assert Seen.by(member, "quaternions") == NOTHING


def test_a_stale_index_never_shows_what_the_database_hides() -> None:
    video = publish(a_video(title="Secret waves"))
    Video.objects.filter(pk=video.pk).update(state=VideoState.DRAFT)
    assert found("waves")["items"] == []


def test_the_number_of_queries_does_not_grow() -> None:
    counts = []
    for more in (1, 19):
        for _ in range(more):
            publish(a_video(title="Waves"))
        with CaptureQueriesContext(connection) as queries:
            found("waves")
        # The staff's words are read once a minute, whoever asks.
        counts.append(sum("vocabularygroup" not in query["sql"] for query in queries))
    assert counts == [2, 2]  # the lessons, and who made them


def test_pages_follow_one_another() -> None:
    made = {publish(a_video(title=f"Waves {n}")).public_id for n in range(25)}
    first = found("waves")
    second = found("waves", cursor=str(first["next"]))
    shown = [item["video"]["id"] for page in (first, second) for item in page["items"]]  # type: ignore[attr-defined]
    assert sorted(shown) == sorted(made)
    assert second["next"] is None


PARAMETERS = ("q", "subject", "grade", "language", "duration", "captions", "creator", "literal", "explain", "cursor")
ODD = st.sampled_from([
    '"', "*", "a AND", "NEAR(", "-", "^", "title:x", "'; DROP TABLE document; --", "x" * 10_000, "函" * 10_000,
    "\u202e\u0007\u0000", "（）", "{}", "yes", "1", "long", "physics", "WzFd", "WyJhIl0", "WzEwMDAwMDAwMF0", "",
])  # fmt: skip


@given(st.dictionaries(st.sampled_from(PARAMETERS), ODD | st.text(max_size=20).map(encodable), max_size=4))
@example({"q": "waves", "cursor": "forged"})
@settings(max_examples=40)
def test_odd_questions_have_normal_answers_or_are_refused(parameters: dict[str, str]) -> None:
    assert asking(None).get("/api/v1/search", parameters).status_code in {200, 422}
    assert asking(None).get("/search", parameters).status_code in {200, 422}
    assert asking(None).get("/api/v1/suggest", {"q": parameters.get("q", "")}).status_code == 200


def test_bytes_that_are_no_text_have_a_normal_answer() -> None:
    assert asking(None).get("/api/v1/search?q=%ED%A0%80%FF&creator=%00").status_code == 200


@pytest.mark.parametrize(
    "wrong", ["cursor=forged", "subject=magic", "grade=99", "language=xx", "duration=eon", "captions=no"]
)
def test_forged_parameters_are_refused(wrong: str) -> None:
    answer = asking(None).get(f"/api/v1/search?q=x&{wrong}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == wrong.partition("=")[0]


def test_search_being_away_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise EngineError("disk gone", retryable=True)

    monkeypatch.setattr("eduvideo.discovery.queries.asking_engine", fail)
    answer = asking(None).get("/api/v1/search?q=x")
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert b"disk gone" not in answer.content
