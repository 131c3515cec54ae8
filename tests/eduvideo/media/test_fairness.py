"""Whose transcode goes next: properties of the decision, and that the database's few candidates suffice for it."""

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.accounts.models import Role
from eduvideo.core import clock
from eduvideo.media.dispatch import dispatch_jobs, next_jobs
from eduvideo.media.fairness import Line, Waiting, ahead_in, fair_order
from eduvideo.media.models import JobState, Priority, TranscodeJob
from tests.factories.danmaku import a_person
from tests.factories.media import an_asset, announce_slots, queued_requests
from tests.factories.splits import a_split_job, parts_of

CREATORS = st.integers(1, 4)
LOADS = st.dictionaries(CREATORS, st.integers(0, 5))


@st.composite
def waiting_jobs(draw: st.DrawFn) -> list[Waiting]:
    pks = draw(st.lists(st.integers(10, 99), unique=True, max_size=25))
    return [Waiting(pk, draw(CREATORS), draw(st.sampled_from([pk, pk - pk % 5])), draw(st.booleans())) for pk in pks]


@given(waiting_jobs(), LOADS, st.integers(0, 30))
def test_every_slot_is_used_and_no_job_twice(waiting: list[Waiting], loads: dict[int, int], room: int) -> None:
    order = fair_order(waiting, loads, room=room)
    assert len(order) == min(room, len(waiting))
    assert len({job.pk for job in order}) == len(order)


@given(waiting_jobs(), LOADS)
def test_each_time_the_creator_with_the_fewest_in_flight_goes(waiting: list[Waiting], loads: dict[int, int]) -> None:
    load, left = Counter(loads), set(waiting)
    for job in fair_order(waiting, loads, room=len(waiting)):
        if job.is_join:
            assert all(other.origin >= job.origin for other in left if other.is_join)
        else:
            assert not any(other.is_join for other in left)
            assert load[job.creator or 0] == min(load[other.creator or 0] for other in left)
        left.remove(job)
        load[job.creator or 0] += 1


@given(waiting_jobs(), LOADS)
def test_a_creators_own_go_by_age_and_parts_with_the_age_of_their_lesson(
    waiting: list[Waiting], loads: dict[int, int]
) -> None:
    order = [job for job in fair_order(waiting, loads, room=99) if not job.is_join]
    for creator in {job.creator for job in order}:
        own = [(job.origin, job.pk) for job in order if job.creator == creator]
        assert own == sorted(own)


@given(st.lists(CREATORS, min_size=1, max_size=25), LOADS, st.data())
def test_the_number_ahead_is_the_place_in_that_order(
    creators: list[int], loads: dict[int, int], data: st.DataObject
) -> None:
    waiting = [Waiting(pk, creator, pk) for pk, creator in enumerate(creators)]
    mine = data.draw(st.sampled_from(waiting))
    lines = [
        Line(
            creator,
            sum(job.creator == creator for job in waiting),
            sum(job.creator == creator and job.pk < mine.pk for job in waiting),
        )
        for creator in set(creators)
    ]
    place = fair_order(waiting, loads, room=len(waiting)).index(mine)
    assert ahead_in(lines, loads, creator=mine.creator) == place


@pytest.mark.django_db(transaction=True)
class TestDispatch:
    def queue(self, creator: int, count: int = 1, **more: object) -> list[TranscodeJob]:
        """Put jobs of a creator into the table, each of an asset of its own."""
        return [TranscodeJob.objects.create(asset=an_asset(), creator_id=creator, **more) for _ in range(count)]

    def test_an_import_of_many_does_not_hold_up_another_creator(self) -> None:
        many, one = a_person(Role.CREATOR).pk, a_person(Role.CREATOR).pk
        bulk = self.queue(many, 6)
        (late,) = self.queue(one)
        announce_slots(3)
        dispatch_jobs()
        assert [request["job"] for request in queued_requests()] == [
            bulk[0].public_id,
            late.public_id,
            bulk[1].public_id,
        ]

    def test_priority_is_above_fairness_and_what_it_took_counts_below_it(self) -> None:
        one, two = a_person(Role.CREATOR).pk, a_person(Role.CREATOR).pk
        usual_of_one, usual_of_two = self.queue(one) + self.queue(two)
        urgent = self.queue(one, 2, priority=Priority.WAITED_FOR)
        assert next_jobs(4, now=clock.now()) == [*(job.pk for job in urgent), usual_of_two.pk, usual_of_one.pk]

    def test_parts_count_for_their_creator_and_go_before_a_younger_lesson(self) -> None:
        job = a_split_job()
        owner = a_person(Role.CREATOR).pk
        TranscodeJob.objects.update(creator_id=owner)
        younger = self.queue(owner)[0]
        other = self.queue(a_person(Role.CREATOR).pk)[0]
        parts = [part.pk for part in parts_of(job)]
        assert next_jobs(5, now=clock.now()) == [parts[0], other.pk, parts[1], parts[2], younger.pk]

    @pytest.mark.parametrize("seed", range(6))
    def test_the_candidates_of_the_database_are_enough(self, seed: int) -> None:
        creators = [a_person(Role.CREATOR).pk for _ in range(4)]
        busy = {creators[0]: seed % 3, creators[1]: seed % 2}
        waiting: list[Waiting] = []
        for creator, count in busy.items():
            self.queue(creator, count, state=JobState.RUNNING, dispatched_at=clock.now())
        for turn in range(12):
            job = self.queue(creators[(turn * (seed + 3) + turn // 3) % 4])[0]
            waiting.append(Waiting(job.pk, job.creator_id, job.pk))
        for room in (1, 2, 5, 11):
            best = fair_order(waiting, {key: value for key, value in busy.items() if value}, room=room)
            assert next_jobs(sum(busy.values()) + room, now=clock.now()) == [job.pk for job in best]

    @pytest.mark.slow
    def test_a_thousand_that_wait_are_not_loaded(self) -> None:
        asset, creators = an_asset(), [a_person(Role.CREATOR).pk for _ in range(5)]
        failed = TranscodeJob.objects.create(asset=asset, state=JobState.RUNNING)
        TranscodeJob.objects.bulk_create(
            TranscodeJob(asset=asset, work="part", parent=failed, part=n, creator_id=creators[n % 5])
            for n in range(1_000)
        )
        with CaptureQueriesContext(connection) as queries:
            chosen = next_jobs(3, now=clock.now())
        assert len(chosen) == 3
        assert len(queries) == 3
        assert "LIMIT 3" in queries[-1]["sql"]
