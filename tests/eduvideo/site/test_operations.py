"""The operators' page: who sees it, what it shows, what its buttons do."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Role, User
from eduvideo.catalog.models import Video, VideoState
from eduvideo.core import clock
from eduvideo.core.models import OutboxEvent
from eduvideo.core.relay import relay_due_events
from eduvideo.media.models import Asset, AssetState, JobState, Priority, Rendition, TranscodeJob
from eduvideo.media.progress import record_event
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person
from tests.factories.media import a_failure, announce_slots, is_told_to_stop, news
from tests.factories.splits import a_split_job, begin, finish, parts_of
from tests.servers.valkey import ValkeyServer
from transcoding.messages import EventKind, FailureCode

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/operations"


@pytest.fixture
def staff() -> Client:
    return asking(a_person(Role.STAFF))


def a_lesson(title: str, **job: object) -> TranscodeJob:
    """Return a job of a lesson that is being made."""
    video = a_video(title=title, state=VideoState.DRAFT, asset_state=AssetState.PROCESSING)
    Asset.objects.filter(pk=video.asset_id).update(source_key=f"sources/{video.public_id}")
    return TranscodeJob.objects.create(asset=video.asset, creator=video.owner, **job)


def running(title: str, **more: object) -> TranscodeJob:
    now = clock.now()
    told = {"dispatched_at": now, "heartbeat_at": now - timedelta(seconds=7), "token": 1, "stage": "encode", **more}
    return a_lesson(title, state=JobState.RUNNING, percent=42, **told)


def finished(title: str) -> TranscodeJob:
    video = a_video(title=title)
    job = video.asset.current_job
    assert job
    TranscodeJob.objects.filter(pk=job.pk).update(finished_at=clock.now(), creator=video.owner)
    Asset.objects.filter(pk=video.asset_id).update(source_key=f"sources/{video.public_id}")
    return job


def failed(title: str, **more: object) -> TranscodeJob:
    told = {"failure_code": "out_of_space", "failure_detail": "<disk> full", "finished_at": clock.now(), **more}
    job = a_lesson(title, state=JobState.FAILED, **told)
    Asset.objects.filter(pk=job.asset_id).update(state=AssetState.FAILED)
    return job


def a_bit_of_everything(title: str) -> None:
    for make in (running, finished, failed):
        make(title)
    a_lesson(title)
    job = a_split_job(asset=a_lesson(title, state=JobState.CANCELLED).asset)
    begin(parts_of(job)[0])
    given_up(1)


def given_up(job_id: int) -> OutboxEvent:
    about = {"name": "media.JobQueued", "payload": {"job_id": job_id}, "attempts": 12, "error": "ValueError: <b>"}
    return OutboxEvent.objects.create(**about, dead_at=clock.now())


def shown(client: Client) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


def press(client: Client, job: TranscodeJob, button: str, **data: str) -> str:
    """Press a button that the page has, and return the page after it."""
    path = f"/operations/jobs/{job.public_id}/{button}"
    assert f'action="{path}"' in shown(client)
    answer = client.post(path, data, follow=True)
    assert answer.redirect_chain[-1][0] == PAGE
    return answer.content.decode()


@pytest.mark.parametrize(("role", "status"), [(None, 302), (Role.STUDENT, 403), (Role.CREATOR, 403), (Role.STAFF, 200)])
def test_only_those_who_run_the_platform_see_it(role: Role | None, status: int) -> None:
    person: User | None = a_person(role) if role else None
    assert asking(person).get(PAGE).status_code == status
    job = a_lesson("Fractions")
    for button in ("cancel", "retry", "remake", "priority"):
        path = f"/operations/jobs/{job.public_id}/{button}"
        if role is not Role.STAFF:
            assert asking(person).post(path).status_code == status
        assert asking(a_person(Role.STAFF)).get(path).status_code == 405
    job.refresh_from_db()
    assert (job.state, job.priority) == (JobState.QUEUED, Priority.NORMAL)
    event = given_up(1)
    for path in ("/operations/events/retry", f"/operations/events/{event.pk}/retry"):
        if role is not Role.STAFF:
            assert asking(person).post(path).status_code == status
        assert asking(a_person(Role.STAFF)).get(path).status_code == 405
    assert OutboxEvent.objects.filter(pk=event.pk, dead_at=event.dead_at).exists()


def test_staff_find_it_and_others_do_not() -> None:
    for path in ("/studio", "/accounts/me"):
        assert f'href="{PAGE}"' in asking(a_person(Role.STAFF)).get(path).content.decode()
        assert f'href="{PAGE}"' not in asking(a_person(Role.CREATOR)).get(path).content.decode()


@pytest.mark.slow
def test_it_costs_the_same_with_many(staff: Client) -> None:
    counts = []
    for more in (1, 19):
        for number in range(more):
            a_bit_of_everything(f"Lesson {number}")
        shown(staff)
        with CaptureQueriesContext(connection) as queries:
            shown(staff)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 16


def test_it_shows_what_waits_and_what_runs(staff: Client) -> None:
    announce_slots(3, worker="transcoder@lab")
    job = running("Light", tries=2)
    old = a_lesson("Sound", priority=Priority.BULK)
    TranscodeJob.objects.filter(pk=old.pk).update(created_at=clock.now() - timedelta(hours=5))
    page = shown(staff)
    assert "1 of 3 slots are in use." in page
    assert "1 job waits, since 5 h." in page
    assert "transcoder@lab · 3 slots" in page
    assert re.search(r"Import</th><td>1</td><td>5 h</td>", page)
    for text in ("Light", "Encoding · 42%", "last word 7 s ago", "2 tries failed", job.public_id, "Sound"):
        assert text in page
    assert job.creator
    assert job.creator.email in page


def test_it_shows_a_split_job_with_its_parts(staff: Client) -> None:
    job = a_split_job(asset=a_lesson("Light", state=JobState.CANCELLED).asset)
    first, second, _ = parts_of(job)
    finish(begin(first))
    record_event(news(begin(second), seq=1, percent=30))
    page = shown(staff)
    assert "1: 720p, audio · done" in page
    assert "2: 720p · Encoding 30%" in page
    assert "3: 720p · waiting" in page
    assert page.count(f'action="/operations/jobs/{job.public_id}/cancel"') == 1


def test_it_shows_what_failed_with_what_operators_need(staff: Client) -> None:
    failed("Light")
    failed("Sound")
    failed("Heat", failure_code="not_media")
    failed("Long ago", finished_at=clock.now() - timedelta(days=8))
    page = shown(staff)
    assert "<code>out_of_space</code> · 2" in page
    assert "<code>not_media</code> · 1" in page
    assert "&lt;disk&gt; full" in page
    assert "Long ago" not in page


def test_it_shows_the_events_that_were_given_up_and_tries_them_again(staff: Client) -> None:
    assert "No event was given up." in shown(staff)
    first, second, third = (given_up(number) for number in (71, 72, 73))
    for number in range(2):
        OutboxEvent.objects.create(name="catalog.VideoChanged", payload={"video_id": number, "revision": 1})
    page = shown(staff)
    for text in ("Events given up · 3", f"media.JobQueued #{first.pk}", "job_id: 71", "ValueError: &lt;b&gt;"):
        assert text in page
    assert "2 events wait, the oldest since" in page

    path = f"/operations/events/{second.pk}/retry"
    assert f'action="{path}"' in page
    assert "1 event is tried again." in staff.post(path, follow=True).content.decode()
    assert "No such event is given up" in staff.post(path, follow=True).content.decode()
    relay_due_events()
    assert OutboxEvent.objects.filter(done_at__isnull=False, pk=second.pk).exists()
    assert set(OutboxEvent.objects.filter(done_at=None)) == {first, third}
    assert "2 events are tried again." in staff.post("/operations/events/retry", follow=True).content.decode()
    relay_due_events()
    assert not OutboxEvent.objects.filter(done_at=None).exists()


def test_it_works_while_the_broker_is_away(staff: Client, valkey: ValkeyServer) -> None:
    running("Light")
    valkey.kill()
    assert "The broker does not answer" in shown(staff)


def test_it_is_in_chinese_too(staff: Client) -> None:
    a_bit_of_everything("光")
    staff.post("/i18n/setlang/", {"language": "zh-hans"})
    page = shown(staff)
    assert "转码任务" in page
    assert "Failed in the last" not in page


def test_a_job_is_cancelled_and_its_creator_may_try_again(staff: Client) -> None:
    job = running("Light")
    assert "The job was cancelled." in press(staff, job, "cancel")
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert is_told_to_stop(job, 1)
    video = Video.objects.get()
    assert video.asset.state == AssetState.FAILED
    creator = asking(video.owner)
    assert "Processing was cancelled." in creator.get(f"/studio/{video.public_id}").content.decode()
    assert creator.post(f"/studio/{video.public_id}/retry").status_code == 302
    assert video.asset.jobs.filter(state=JobState.QUEUED).count() == 1
    again = staff.post(f"/operations/jobs/{job.public_id}/cancel", follow=True).content.decode()
    assert "This job has ended already." in again


def test_a_part_stands_for_its_whole_job(staff: Client) -> None:
    job = a_split_job(asset=a_lesson("Light", state=JobState.CANCELLED).asset)
    part = begin(parts_of(job)[0])
    staff.post(f"/operations/jobs/{part.public_id}/cancel")
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert {one.state for one in parts_of(job)} == {JobState.CANCELLED}
    assert is_told_to_stop(part, 1)


def test_what_failed_is_tried_again(staff: Client) -> None:
    job = failed("Light")
    assert "The recording is tried again." in press(staff, job, "retry")
    assert job.asset.jobs.filter(state=JobState.QUEUED).count() == 1
    assert "processed already" in press(staff, job, "retry")


def test_one_rendition_is_made_again_and_again_when_that_failed(staff: Client) -> None:
    job = finished("Light")
    assert "The rendition is made again" in press(staff, job, "remake", rendition="720p")
    rerun = TranscodeJob.objects.get(work="rendition")
    assert (rerun.rendition, rerun.only_if_smaller) == ("720p", False)
    assert "720p again" in shown(staff)
    assert "no such rendition" in press(staff, job, "remake", rendition="9000p")
    begin(rerun)
    record_event(news(rerun, EventKind.FAILED, seq=1, failure=a_failure(FailureCode.BROKEN_TIMING)))
    press(staff, rerun, "retry")
    assert TranscodeJob.objects.filter(work="rendition", state=JobState.QUEUED).count() == 1
    assert Rendition.objects.get(job=job).playlist == "720p/index.m3u8"


def test_the_priority_is_changed(staff: Client) -> None:
    job = a_lesson("Light")
    assert "The priority was changed." in press(staff, job, "priority", priority="-10")
    job.refresh_from_db()
    assert job.priority == job.asset.priority == Priority.BULK
    for wrong in ("", "7", "x"):
        assert staff.post(f"/operations/jobs/{job.public_id}/priority", {"priority": wrong}).status_code == 422


@pytest.mark.parametrize("name", ["unknown", "a%00b", "x" * 300])
def test_there_is_nothing_to_do_about_no_job(staff: Client, name: str) -> None:
    assert staff.post(f"/operations/jobs/{name}/cancel").status_code == 404
