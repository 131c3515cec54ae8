from datetime import timedelta
from itertools import cycle, product

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Membership, Role
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.catalog.queries import listed_videos
from eduvideo.catalog.taxonomy import GRADE_BY_ID, SUBJECT_BY_ID
from eduvideo.core import clock
from eduvideo.discovery.feeds import (
    NEWEST_FIRST,
    Candidate,
    begun_lessons,
    browsed_lessons,
    ranked,
    related_lessons,
)
from eduvideo.media.models import Asset, AssetState
from eduvideo.study.services import save_progress
from tests.factories.accounts import a_membership, an_organization
from tests.factories.catalog import a_playlist, a_video
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _engine() -> None:
    """What is shown without searching needs no engine."""


@pytest.fixture
def _catalog() -> None:
    """As many lessons of each kind as make an index worth reading, which the database knows."""
    owner, moment = a_person(Role.CREATOR), clock.now()
    assets = Asset.objects.bulk_create(Asset(state=AssetState.READY, duration_ms=60_000) for _ in range(3_000))
    kinds = cycle(product(SUBJECT_BY_ID, GRADE_BY_ID))
    Video.objects.bulk_create(
        Video(
            owner=owner,
            asset=asset,
            title=f"Lesson {number}",
            subject=subject,
            grade=grade,
            language="en",
            state=VideoState.PUBLISHED,
            visibility=Visibility.PUBLIC,
            published_at=moment - timedelta(minutes=number),
        )
        for number, (asset, (subject, grade)) in enumerate(zip(assets, kinds, strict=False))
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":  # which may as well sort the few of a kind
            cursor.execute("SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off")


class TestBrowsing:
    @pytest.mark.slow
    @pytest.mark.usefixtures("_catalog")
    @pytest.mark.parametrize(
        ("chosen", "index"),
        [
            ({}, "video_new"),
            ({"subject": "physics"}, "video_of_subject"),
            ({"grade": "5"}, "video_of_grade"),
            ({"subject": "physics", "grade": "5"}, "video_of_both"),
        ],
    )
    def test_each_way_reads_one_page_of_an_index(self, chosen: dict[str, str], index: str) -> None:
        read = listed_videos(**chosen).order_by(*NEWEST_FIRST)[:25].explain()
        assert index in read
        assert "TEMP B-TREE" not in read  # nothing is sorted
        assert "Sort" not in read

    def test_a_few_ids_are_not_looked_for_among_all_that_is_listed(self) -> None:
        read = listed_videos().filter(pk__in=[1, 2, 3]).explain()
        assert "video_of" not in read or connection.vendor == "postgresql"  # which goes by how many there are

    def test_pages_follow_one_another_and_show_nothing_twice(self) -> None:
        moment = clock.now()
        for number in range(30):
            video = a_video(title=str(number), subject="physics")
            Video.objects.filter(pk=video.pk).update(published_at=moment - timedelta(days=number // 10))
        a_video(subject="chemistry")
        first = browsed_lessons(subject="physics", grade="", cursor=None)
        second = browsed_lessons(subject="physics", grade="", cursor=first.next)
        assert len(first.items) == 24
        assert len({video.pk for video in (*first.items, *second.items)}) == 30
        assert second.next is None


class TestRelated:
    def test_what_is_near_comes_first(self) -> None:
        """The same words in another grade before other words; a neighbor of the playlist before a stranger."""
        video = a_video(title="二次函数的图像", subject="mathematics", grade="9", language="zh")

        def one(pk: int, title: str, *, grade: str = "9", language: str = "zh", is_beside: bool = False) -> Candidate:
            return Candidate(pk, title, grade, language, is_beside)

        found = ranked(
            video,
            [
                one(1, "勾股定理", grade="2"),
                one(2, "二次函数的性质", grade="10"),
                one(3, "概率初步", is_beside=True),
                one(4, "概率初步"),
                one(5, "Fractions", language="en"),
            ],
        )
        assert found in ([2, 3, 4, 5, 1], [3, 2, 4, 5, 1])
        assert ranked(video, []) == []

    def test_words_count_in_english_too(self) -> None:
        video = a_video(title="Adding fractions", grade="5")
        near = Candidate(1, "Fractions with different denominators", "5", "en", is_beside=False)
        far = Candidate(2, "The area of a triangle", "5", "en", is_beside=False)
        assert ranked(video, [far, near]) == [1, 2]

    def test_it_is_of_the_subject_or_a_playlist_and_listed(self) -> None:
        video = a_video(title="Light", subject="physics")
        near, beside, other = a_video(subject="physics"), a_video(subject="law"), a_video(subject="art")
        hidden = [
            a_video(subject="physics", visibility=Visibility.UNLISTED, owner=video.owner),
            a_video(subject="physics", state=VideoState.WITHDRAWN),
        ]
        playlist = a_playlist(video, beside, *hidden[:1], owner=video.owner)
        with CaptureQueriesContext(connection) as queries:
            found = related_lessons(video, playlists=[playlist.pk], limit=8)
        assert {one.pk for one in found} == {near.pk, beside.pk}
        assert other not in found
        assert len(queries) == 2


class TestGoingOn:
    def test_the_last_begun_comes_first_and_what_is_finished_leaves(self) -> None:
        person, first, second, third = a_person(), a_video(), a_video(), a_video()
        for video in (first, second, third):
            save_progress(video, user=person, position_ms=20_000)
        save_progress(second, user=person, position_ms=59_000)
        save_progress(first, user=person, position_ms=30_000)
        with CaptureQueriesContext(connection) as queries:
            found = begun_lessons(person, limit=4)
            assert [(one.video.pk, one.position_ms) for one in found] == [(first.pk, 30_000), (third.pk, 20_000)]
        assert len(queries) == 1
        assert begun_lessons(a_person(), limit=4) == []
        assert begun_lessons(AnonymousUser(), limit=4) == []

    def test_what_one_may_not_watch_any_more_leaves(self) -> None:
        person = a_person()
        organization = an_organization()
        a_membership(organization, person)
        mine = a_video(visibility=Visibility.ORGANIZATION, organization=organization)
        public, unlisted = a_video(), a_video(visibility=Visibility.UNLISTED)
        for video in (mine, public, unlisted):
            save_progress(video, user=person, position_ms=20_000)
        assert {one.video.pk for one in begun_lessons(person, limit=9)} == {mine.pk, public.pk, unlisted.pk}
        Membership.objects.filter(user=person).delete()
        Video.objects.filter(pk=public.pk).update(state=VideoState.WITHDRAWN)
        Video.objects.filter(pk=unlisted.pk).update(visibility=Visibility.EMBED)
        assert begun_lessons(person, limit=9) == []
