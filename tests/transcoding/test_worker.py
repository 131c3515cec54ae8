"""The Celery worker with a real broker: what it says, and how it ends."""

import itertools
import json
import os
import shutil
import signal
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests import media_factory
from tests.environment import free_port
from tests.servers.valkey import ValkeyServer
from tests.transcoding.worker_process import WorkerProcess
from tests.waiting import wait_until
from transcoding.messages import EventKind, FailureCode, RenditionState, TranscodeEvent, TranscodeRequest, cancel_key
from transcoding.worker import SLOTS_EXPIRE_S

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.xdist_group("transcoding worker")]
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerProcess]:
    """One worker, on a broker of its own, for all tests that harm neither."""
    broker = ValkeyServer(port=free_port())
    broker.start()
    with WorkerProcess(broker, tmp_path_factory.mktemp("worker")) as process:
        yield process
    broker.remove()


@pytest.fixture
def worker(lasting: WorkerProcess) -> WorkerProcess:
    """A worker with nothing to do, of which nothing was heard yet."""
    lasting.next_events()
    lasting.events.clear()
    return lasting


@pytest.fixture
def mortal(valkey: ValkeyServer, tmp_path: Path) -> Iterator[WorkerProcess]:
    """A worker that a test may end."""
    with WorkerProcess(valkey, tmp_path) as process:
        yield process


def request_for(worker: WorkerProcess, file: Path, *, token: int = 1) -> TranscodeRequest:
    job = f"job{next(NUMBERS)}"
    key = f"sources/{job}/source"
    (worker.objects / key).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, worker.objects / key)
    return TranscodeRequest(
        job=job,
        token=token,
        source_key=key,
        source_name="lecture.mp4",
        output_prefix=f"assets/a1/{job}/{token}/",
        language="en",
    )


def long_lecture() -> Path:
    """Enough work to be interrupted."""
    return media_factory.lecture(width=854, height=480, seconds=60)


def cancel(worker: WorkerProcess, request: TranscodeRequest) -> None:
    client = worker.valkey.client()
    client.set(cancel_key(request.job, request.token), "1", ex=60)
    client.close()
    assert worker.wait_for(EventKind.CANCELLED, EventKind.DONE).kind is EventKind.CANCELLED


def test_tells_of_a_job_in_order_and_leaves_everything_in_the_store(worker: WorkerProcess) -> None:
    request = request_for(worker, media_factory.lecture(seconds=14))
    worker.send(request)
    done = worker.wait_for(EventKind.DONE, EventKind.FAILED)
    assert done.kind is EventKind.DONE, done.failure
    assert [event.seq for event in worker.events] == sorted({event.seq for event in worker.events})
    kinds = [event.kind for event in worker.events if event.kind is not EventKind.PROGRESS]
    assert kinds == [EventKind.STARTED, EventKind.PLAYABLE, EventKind.DONE]
    assert [event.percent for event in worker.events] == sorted(event.percent for event in worker.events)
    assert done.percent == 100
    prefix = worker.objects / request.output_prefix
    for rendition in done.snapshot.renditions:
        assert rendition.state is RenditionState.READY
        assert (prefix / rendition.playlist).is_file()
    assert done.snapshot.source_sha256 == sha256((worker.objects / request.source_key).read_bytes()).hexdigest()
    result = json.loads((prefix / "result.json").read_text())
    assert TranscodeEvent.model_validate(result["event"]) == done
    assert result["reasons"]
    assert not list(worker.work.iterdir())


def test_a_source_that_is_not_what_was_sent_is_not_encoded(worker: WorkerProcess) -> None:
    told = {"source_part_bytes": 4 << 20, "source_parts_sha256": "0" * 64}
    worker.send(request_for(worker, media_factory.lecture(seconds=4)).model_copy(update=told))
    failed = worker.wait_for(EventKind.DONE, EventKind.FAILED)
    assert failed.failure
    assert (failed.failure.code, failed.failure.retryable) == (FailureCode.SOURCE_DAMAGED, False)


@pytest.mark.parametrize(("token", "is_copied"), [(1, True), (2, False)])
def test_only_the_first_try_copies_the_creators_picture(worker: WorkerProcess, token: int, is_copied: bool) -> None:
    """Where a copy does not fit with the other renditions another try must not meet the same end."""
    worker.send(request_for(worker, media_factory.counted(width=960, height=540, seconds=4), token=token))
    done = worker.wait_for(EventKind.DONE, EventKind.FAILED)
    assert done.kind is EventKind.DONE, done.failure
    assert [info.is_copied for info in done.snapshot.renditions] == [is_copied, False, False]


def test_every_file_is_there_when_the_lesson_is_said_to_be_playable(worker: WorkerProcess) -> None:
    request = request_for(worker, long_lecture())
    worker.send(request)
    playable = worker.wait_for(EventKind.PLAYABLE)
    assert playable.percent < 60
    for rendition in playable.snapshot.renditions:
        playlist = worker.objects / request.output_prefix / rendition.playlist
        names = [line for line in playlist.read_text().splitlines() if line and not line.startswith("#")]
        assert names
        assert all((playlist.parent / name).stat().st_size for name in names)
    cancel(worker, request)


def test_a_cancelled_job_stops_and_leaves_nothing(worker: WorkerProcess) -> None:
    request = request_for(worker, long_lecture())
    worker.send(request)
    worker.wait_for(EventKind.PLAYABLE)
    cancel(worker, request)
    assert not worker.ffmpegs()
    assert not list(worker.work.iterdir())


def test_another_run_of_a_cancelled_job_is_not_cancelled(worker: WorkerProcess) -> None:
    request = request_for(worker, media_factory.lecture(seconds=4), token=2)
    client = worker.valkey.client()
    client.set(cancel_key(request.job, 1), "1", ex=60)
    client.close()
    worker.send(request)
    assert worker.wait_for(EventKind.CANCELLED, EventKind.DONE).kind is EventKind.DONE


def test_a_killed_worker_leaves_no_ffmpeg_and_its_folder_is_removed_later(
    mortal: WorkerProcess, valkey: ValkeyServer
) -> None:
    mortal.send(request_for(mortal, long_lecture()))
    mortal.wait_for(EventKind.PLAYABLE)
    assert mortal.ffmpegs()
    os.kill(mortal.process.pid, signal.SIGKILL)
    wait_until(lambda: not mortal.ffmpegs(), timeout_s=5, message="ffmpeg outlived its worker")
    mortal.process.wait(timeout=10)
    assert list(mortal.work.iterdir())
    with WorkerProcess(valkey, mortal.objects.parent):
        wait_until(
            lambda: not list(mortal.work.iterdir()), timeout_s=10, message="the dead run's folder is still there"
        )


@pytest.mark.parametrize(("number", "is_said"), [(signal.SIGTERM, True), (signal.SIGQUIT, False)])
def test_a_worker_that_is_told_to_end_stops_its_job_at_once(
    mortal: WorkerProcess, number: signal.Signals, is_said: bool
) -> None:
    """Where there is time to say so, the job may be tried again."""
    mortal.send(request_for(mortal, long_lecture()))
    mortal.wait_for(EventKind.PLAYABLE)
    os.kill(mortal.process.pid, number)
    wait_until(lambda: not mortal.ffmpegs(), timeout_s=10, message="ffmpeg runs on")
    if is_said:
        failed = mortal.wait_for(EventKind.FAILED, EventKind.DONE)
        assert failed.failure is not None
        assert (failed.failure.code, failed.failure.retryable) == (FailureCode.WORKER_STOPPED, True)
    mortal.process.wait(timeout=30)
    if is_said:
        wait_until(lambda: mortal.slots() == {}, timeout_s=30, message="the slots of the ended worker are announced")
    else:
        assert all(left_s <= SLOTS_EXPIRE_S for left_s in mortal.slots_expire_s())


def test_a_job_goes_on_while_the_broker_is_away(mortal: WorkerProcess) -> None:
    request = request_for(mortal, media_factory.lecture(seconds=30))
    mortal.send(request)
    mortal.wait_for(EventKind.PLAYABLE)
    mortal.valkey.kill()
    result = mortal.objects / request.output_prefix / "result.json"
    assert not result.exists()
    wait_until(result.is_file, timeout_s=120, message="the job did not end without its broker")
    mortal.valkey.start()
    assert mortal.wait_for(EventKind.DONE, EventKind.FAILED, timeout_s=40).kind is EventKind.DONE


def test_a_bad_file_fails_with_a_sentence_and_is_not_retryable(worker: WorkerProcess, tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("This is no film.")
    request = request_for(worker, text)
    worker.send(request)
    failed = worker.wait_for(EventKind.FAILED, EventKind.DONE)
    assert failed.failure is not None
    assert (failed.failure.code, failed.failure.retryable) == (FailureCode.NOT_MEDIA, False)
    assert failed.failure.message.endswith(".")
    assert failed.snapshot.renditions == ()


def test_a_source_that_is_gone_is_said_to_be_missing(worker: WorkerProcess) -> None:
    request = request_for(worker, media_factory.lecture(seconds=4))
    (worker.objects / request.source_key).unlink()
    worker.send(request)
    failed = worker.wait_for(EventKind.FAILED, EventKind.DONE)
    assert failed.failure is not None
    assert failed.failure.code is FailureCode.SOURCE_MISSING


def test_a_worker_announces_its_slots(worker: WorkerProcess) -> None:
    assert list(worker.slots().values()) == ["1"]
