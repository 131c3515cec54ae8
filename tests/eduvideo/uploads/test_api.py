"""Uploads in parts over the whole application and a real S3 server: answers, and what is in the store afterwards."""

import random
from datetime import timedelta
from hashlib import sha256

import httpx
import pytest

from eduvideo.accounts.models import Role
from eduvideo.catalog.models import Video
from eduvideo.core import clock
from eduvideo.core.models import OutboxEvent
from eduvideo.core.objects import ObjectStoreError, PlannedPart
from eduvideo.core.relay import relay_due_events
from eduvideo.core.s3 import S3ObjectStore
from eduvideo.media.models import JobState, TranscodeJob
from eduvideo.uploads import services
from eduvideo.uploads.models import Upload, UploadState
from eduvideo.uploads.tasks import expire_uploads
from tests.factories.danmaku import a_person, a_token_of
from tests.factories.uploads import Multipart, Tus, an_upload, ask, in_base64
from tests.servers.s3 import S3Server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.servers]
MIB = 1024 * 1024
LECTURE = random.Random(4).randbytes(17 * MIB)  # two parts of 8 MiB and the rest
DRAFT = {"title": "牛顿第二定律", "subject": "physics", "grade": "10", "language": "zh", "filename": "牛顿 🚀.mp4"}


@pytest.fixture(autouse=True)
def store(objects_in_s3: S3ObjectStore) -> S3ObjectStore:
    return objects_in_s3


@pytest.fixture
def upload() -> Upload:
    return an_upload(size_bytes=len(LECTURE))


@pytest.fixture
def sender(upload: Upload) -> Multipart:
    return Multipart(upload, LECTURE)


def announced() -> int:
    return OutboxEvent.objects.filter(name="uploads.UploadCompleted").count()


def told(answer: httpx.Response) -> str:
    """Return the code of a refusal, which is problem+json like everywhere."""
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["type"]).removeprefix("/problems/")


def fields(answer: httpx.Response) -> set[str]:
    assert (answer.status_code, told(answer)) == (422, "invalid-input"), answer.text
    return {item["field"] for item in answer.json()["errors"]}


def keys(store: S3ObjectStore) -> list[str]:
    return [info.key for info in store.list("sources/")]


class TestTheWholeWay:
    def test_a_lesson_is_sent_straight_to_the_store_and_its_transcode_is_queued(self, store: S3ObjectStore) -> None:
        creator = a_person(Role.CREATOR)
        headers = {"Authorization": f"Bearer {a_token_of(creator)}"}
        draft = ask("POST", "/api/v1/videos", headers=headers, json={**DRAFT, "size_bytes": len(LECTURE)}).json()
        upload = Upload.objects.get(public_id=draft["upload"]["id"])
        assert draft["upload"]["protocol"] == "s3-multipart"
        assert draft["upload"]["url"] == f"/api/v1/uploads/{upload.public_id}"

        sender = Multipart(upload, LECTURE)
        begun = sender.look().json()
        assert (begun["state"], begun["size_bytes"], begun["part_size_bytes"]) == ("started", len(LECTURE), 8 * MIB)
        assert (begun["filename"], begun["parts"], begun["received_bytes"]) == ("牛顿 🚀.mp4", [], 0)
        assert begun["expires_at"]
        answer = sender.complete(*sender.put_all())
        assert (answer.status_code, answer.json()["state"]) == (200, "completed")
        assert answer.json()["received_bytes"] == len(LECTURE)

        upload.refresh_from_db()
        assert store.read(upload.object_key) == LECTURE
        assert list(store.list_multiparts("sources/")) == []
        relay_due_events()
        job = TranscodeJob.objects.get(asset=Video.objects.get(public_id=draft["id"]).asset)
        assert (job.state, job.asset.source_key) == (JobState.QUEUED, upload.source_key)

    def test_it_goes_on_with_what_the_store_has(self, sender: Multipart, store: S3ObjectStore, upload: Upload) -> None:
        etag = sender.put(2)[1]
        there = sender.look().json()
        assert there["parts"] == [{"number": 2, "size_bytes": 8 * MIB, "etag": etag, "sha256": ""}]
        assert there["received_bytes"] == 8 * MIB
        assert sender.complete(sender.put(3), (2, etag.strip('"')), sender.put(1)).status_code == 200
        assert store.read(upload.source_key) == LECTURE

    def test_a_part_that_was_sent_twice_counts_once(self, sender: Multipart) -> None:
        sender.put(1, b"x" * (8 * MIB))
        assert sender.complete(*sender.put_all()).status_code == 200

    def test_a_small_file_is_one_part(self) -> None:
        sender = Multipart(an_upload(size_bytes=1), b"x")
        assert sender.complete(*sender.put_all()).status_code == 200

    def test_several_urls_come_in_one_answer_and_end_soon(self, sender: Multipart) -> None:
        answer = sender.sign(3, 1).json()
        assert ([part["number"] for part in answer["parts"]], answer["valid_s"]) == ([1, 3], 900)
        assert all("X-Amz-Expires=900" in part["url"] for part in answer["parts"])
        assert httpx.put(answer["parts"][0]["url"].replace("partNumber=1", "partNumber=2")).status_code == 403

    def test_a_file_of_this_machine_takes_the_same_place(self, upload: Upload, store: S3ObjectStore, tmp_path) -> None:
        recording = tmp_path / "recording.mp4"
        recording.write_bytes(LECTURE)
        services.import_file(recording, into=upload)
        assert recording.read_bytes() == store.read(upload.object_key)
        assert announced() == 1


class TestHashes:
    """A sender that tells the SHA-256 of each part: the store itself compares, and the whole can be compared later."""

    @pytest.fixture
    def sender(self, upload: Upload) -> Multipart:
        return Multipart(upload, LECTURE, hashes=True)

    def test_the_hash_of_the_parts_is_known_at_the_end(self, sender: Multipart) -> None:
        sent = sender.put(2)
        assert sender.look().json()["parts"][0]["sha256"] == in_base64(sha256(sender.piece(2)).digest())
        assert sender.look().json()["parts_sha256"] == ""
        answer = sender.complete(sender.put(1), sender.put(3), sent).json()
        digests = b"".join(sha256(sender.piece(number)).digest() for number in (1, 2, 3))
        assert (answer["state"], answer["parts_sha256"]) == ("completed", sha256(digests).hexdigest())
        assert answer["sha256"] == ""  # nobody has read it yet

    def test_a_part_that_arrives_damaged_is_refused_and_sent_again(self, sender: Multipart) -> None:
        url, headers = sender.signed(1)
        damaged = bytes([LECTURE[0] ^ 1]) + sender.piece(1)[1:]
        assert httpx.put(url, content=damaged, headers=headers).status_code == 400
        assert httpx.put(url, content=sender.piece(1)).status_code == 403  # the hash is signed: it cannot be left out
        assert sender.look().json()["parts"] == []
        assert sender.complete(*sender.put_all()).status_code == 200

    def test_all_parts_have_hashes_or_none(self, sender: Multipart, upload: Upload) -> None:
        sender.put(1)
        assert fields(sender.sign(2)) == {"sha256"}
        other = Multipart(an_upload(size_bytes=len(LECTURE)), LECTURE)
        other.put(1)
        assert fields(other.sign(2, sha256={2: in_base64(bytes(32))})) == {"sha256"}

    @pytest.mark.parametrize(
        "told",
        [
            {1: "short"},
            {1: "é" * 44},
            {1: "*" * 44},
            {2: in_base64(bytes(32))},
            {1: in_base64(bytes(31))},
            {1: "x" * 65},
        ],
    )
    def test_what_is_no_hash_of_the_parts_is_refused(self, sender: Multipart, told: dict[int, str]) -> None:
        answer = sender.sign(1, sha256=told)
        assert answer.status_code == 422, answer.text
        assert sender.put(1)


class TestCompletion:
    def test_repeating_it_announces_once(self, sender: Multipart, upload: Upload) -> None:
        parts = sender.put_all()
        for _ in range(3):
            answer = sender.complete(*parts)
            assert (answer.status_code, answer.json()["state"]) == (200, "completed")
        assert sender.complete().status_code == 200
        assert announced() == 1

    def test_a_missing_part_is_named_and_the_upload_goes_on(self, sender: Multipart, upload: Upload) -> None:
        first, third = sender.put(1), sender.put(3)
        answer = sender.complete(first, third)
        assert fields(answer) == {"parts"}
        assert answer.json()["errors"] == [{"field": "parts", "message": "Part 2 has not arrived."}]
        assert (sender.look().json()["state"], announced()) == ("started", 0)
        assert sender.complete(first, sender.put(2), third).status_code == 200

    def test_a_part_of_another_size_is_refused_by_the_store(self, sender: Multipart) -> None:
        second, third = sender.put(2), sender.put(3)
        for wrong in (b"short", LECTURE):  # smaller than S3 takes, and more than was announced
            assert httpx.put(sender.url(1), content=wrong).status_code == 403
        assert fields(sender.complete((1, second[1]), second, third)) == {"parts"}
        assert announced() == 0
        assert sender.complete(sender.put(1), second, third).status_code == 200

    def test_more_parts_than_announced_do_not_make_the_file_longer(
        self, sender: Multipart, store: S3ObjectStore, upload: Upload
    ) -> None:
        parts = sender.put_all()
        url = sender.url(1).split("?")[0]
        planned = PlannedPart(4, len(b"more"))
        extra = store.sign_parts(upload.source_key, Upload.objects.get().multipart_id, [planned], expires_s=60)[4].url
        assert extra.startswith(url)
        etag = httpx.put(extra, content=b"more").headers["etag"]
        assert fields(sender.complete(*parts, (4, etag))) == {"parts"}
        assert sender.complete(*parts).status_code == 200
        assert store.read(upload.source_key) == LECTURE

    @pytest.mark.parametrize("etag", ["", "other", '"' + "0" * 32 + '"'])
    def test_an_etag_must_be_the_one_of_the_store(self, sender: Multipart, etag: str) -> None:
        parts = sender.put_all()
        assert fields(sender.complete(*parts[:2], (3, etag))) == {"parts"}
        assert sender.complete(*parts).status_code == 200

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "parts"),
            ({"parts": "all"}, "parts"),
            ({"parts": [{"number": "x", "etag": "a"}]}, "number"),
            ({"parts": [{"number": 1}]}, "etag"),
            ({"parts": [{"number": 1, "etag": "a" * 201}]}, "etag"),
            ({"parts": [{"number": 1, "etag": "a"}] * 10_001}, "parts"),
        ],
    )
    def test_what_cannot_be_read_is_named(self, sender: Multipart, body: object, field: str) -> None:
        assert fields(ask("POST", f"{sender.path}/complete", headers=sender.headers, json=body)) == {field}

    def test_it_needs_the_room_that_there_is_now(self, sender: Multipart, upload: Upload, settings) -> None:
        parts = sender.put_all()
        room = settings.EDUVIDEO
        settings.EDUVIDEO = room.model_copy(update={"upload_quota_bytes": 1})
        answer = sender.complete(*parts)
        assert (answer.status_code, told(answer)) == (413, "quota-exceeded")
        settings.EDUVIDEO = room
        assert sender.complete(*parts).status_code == 200

    @pytest.mark.parametrize("finish", ["look", "complete", "sweep"])
    def test_a_crash_between_the_store_and_the_commit_is_made_good(
        self, finish: str, sender: Multipart, upload: Upload, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        parts = sender.put_all()

        def crash(_upload: Upload) -> None:
            raise ObjectStoreError("the process was killed here")

        with monkeypatch.context() as patch:
            patch.setattr(services, "complete_upload", crash)
            assert sender.complete(*parts).status_code == 503
        assert announced() == 0
        if finish == "sweep":
            expire_uploads()
        else:
            answer = sender.look() if finish == "look" else sender.complete(*parts)
            assert answer.json()["state"] == "completed"
        upload.refresh_from_db()
        assert (upload.state, announced()) == (UploadState.COMPLETED, 1)

    def test_while_the_store_is_at_it_the_sender_waits(
        self, sender: Multipart, upload: Upload, store: S3ObjectStore
    ) -> None:
        parts = sender.put_all()
        upload.refresh_from_db()
        services.note_completing(upload, parts_sha256="")
        store.abort_multipart(upload.source_key, upload.multipart_id)  # versitygw answers so until the object is there
        assert sender.look().json()["is_completing"] is True
        answer = sender.complete(*parts)
        assert (answer.status_code, answer.json()["state"]) == (202, "started")
        store.write(upload.source_key, LECTURE, content_type="application/octet-stream")
        assert sender.complete(*parts).status_code == 200

    def test_a_transfer_that_the_store_has_lost_begins_anew(
        self, sender: Multipart, upload: Upload, store: S3ObjectStore
    ) -> None:
        sender.put(1)
        upload.refresh_from_db()
        Upload.objects.update(completing_at=clock.now() - timedelta(hours=1))
        store.abort_multipart(upload.source_key, upload.multipart_id)
        url = sender.url(2)
        assert httpx.put(url, content=sender.piece(1)).status_code == 404
        assert sender.look().json()["parts"] == []
        assert sender.complete(*sender.put_all()).status_code == 200

    def test_an_object_of_another_size_is_not_taken(
        self, sender: Multipart, upload: Upload, store: S3ObjectStore
    ) -> None:
        parts = sender.put_all()
        upload.refresh_from_db()
        make = S3ObjectStore.complete_multipart

        def make_another(own: S3ObjectStore, key: str, multipart_id: str, told_parts: object) -> None:
            make(own, key, multipart_id, told_parts)  # type: ignore[arg-type]
            own.write(key, b"another", content_type="application/octet-stream")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(S3ObjectStore, "complete_multipart", make_another)
            answer = sender.complete(*parts)
        assert (answer.status_code, told(answer)) == (409, "conflict")
        assert (keys(store), announced()) == ([], 0)
        assert sender.complete(*sender.put_all()).status_code == 200


class TestRefusal:
    @pytest.mark.parametrize("numbers", [(), (0,), (4,), (-1,), (1, 9), ("x",), (10**30,), tuple(range(1, 102))])
    def test_only_parts_of_the_file_are_signed(self, sender: Multipart, numbers: tuple[object, ...]) -> None:
        assert fields(sender.sign(*numbers)) == {"numbers"}

    def test_an_upload_of_somebody_else_does_not_exist(self, sender: Multipart, upload: Upload) -> None:
        parts = sender.put_all()
        for stranger in (a_person(Role.CREATOR), a_person(Role.STAFF)):
            foreign = Multipart(upload, LECTURE, by=stranger)
            for answer in (foreign.look(), foreign.sign(1), foreign.complete(*parts), foreign.give_up()):
                assert (answer.status_code, told(answer)) == (404, "not-found")
        assert sender.complete(*parts).status_code == 200

    def test_nobody_is_asked_to_sign_in(self, sender: Multipart) -> None:
        sender.headers = {"Authorization": "Bearer wrong"}
        for answer in (sender.look(), sender.sign(1), sender.complete(), sender.give_up()):
            assert (answer.status_code, told(answer)) == (401, "sign-in-required")
        assert ask("GET", sender.path).status_code == 401

    def test_an_unknown_upload_does_not_exist(self, sender: Multipart) -> None:
        sender.path = "/api/v1/uploads/nothing"
        for answer in (sender.look(), sender.sign(1), sender.complete(), sender.give_up()):
            assert answer.status_code == 404

    def test_tus_is_told_of_the_other_way(self, upload: Upload) -> None:
        tus = Tus(upload)
        assert (tus.ask("HEAD").status_code, told(tus.patch(0, b"x"))) == (409, "upload-protocol")

    def test_a_file_without_a_size_cannot_be_cut(self) -> None:
        upload = services.create_upload(owner=a_person(Role.CREATOR), filename="a.mp4", size_bytes=None)
        sender = Multipart(upload, b"x")
        assert sender.look().json()["part_size_bytes"] is None
        assert fields(sender.sign(1)) == fields(sender.complete((1, "x"))) == {"size_bytes"}

    def test_a_finished_upload_takes_no_more(self, sender: Multipart) -> None:
        old = sender.url(1)
        sender.complete(*sender.put_all())
        assert (sender.sign(1).status_code, told(sender.sign(1))) == (409, "upload-completed")
        assert (sender.give_up().status_code, told(sender.give_up())) == (409, "upload-completed")
        assert httpx.put(old, content=sender.piece(2)).status_code == 404


class TestEnd:
    def test_a_cancelled_upload_leaves_nothing(self, sender: Multipart, store: S3ObjectStore) -> None:
        old = sender.url(2)
        part = sender.put(1)
        assert sender.give_up().status_code == 204
        relay_due_events()
        assert list(store.list_multiparts("")) == []
        assert httpx.put(old, content=sender.piece(2)).status_code == 404
        assert sender.look().json()["state"] == "aborted"
        for answer in (sender.sign(1), sender.complete(part), sender.give_up()):
            assert (answer.status_code, told(answer)) == (410, "upload-gone")

    def test_an_upload_ends_at_its_time_and_leaves_nothing(self, sender: Multipart, store: S3ObjectStore) -> None:
        part = sender.put(1)
        Upload.objects.update(expires_at=clock.now())
        assert sender.look().json()["state"] == "expired"
        for answer in (sender.sign(1), sender.complete(part)):
            assert (answer.status_code, told(answer)) == (410, "upload-gone")
        expire_uploads()
        relay_due_events()
        assert Upload.objects.get().state == UploadState.EXPIRED
        assert list(store.list_multiparts("")) == []

    def test_a_deleted_lesson_takes_its_upload_along(self, store: S3ObjectStore) -> None:
        headers = {"Authorization": f"Bearer {a_token_of(a_person(Role.CREATOR))}"}
        for is_whole in (False, True):
            draft = ask("POST", "/api/v1/videos", headers=headers, json={**DRAFT, "size_bytes": len(LECTURE)}).json()
            sender = Multipart(Upload.objects.get(), LECTURE)
            parts = sender.put_all()
            if is_whole:
                assert sender.complete(*parts).status_code == 200
            assert ask("DELETE", f"/api/v1/videos/{draft['id']}", headers=headers).status_code == 204
            relay_due_events()
            assert sender.look().status_code == 404
            assert (keys(store), list(store.list_multiparts(""))) == ([], [])

    def test_what_no_row_knows_is_aborted_after_a_day(
        self, sender: Multipart, store: S3ObjectStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sender.put(1)
        store.begin_multipart("sources/nobody/source", content_type="video/mp4", is_hashed=False)
        store.begin_multipart("assets/nobody/1/720p.mp4", content_type="video/mp4", is_hashed=False)
        store.begin_multipart("other/software", content_type="video/mp4", is_hashed=False)
        expire_uploads()
        assert len(list(store.list_multiparts(""))) == 4
        tomorrow = clock.now() + timedelta(hours=25)
        monkeypatch.setattr(clock, "now", lambda: tomorrow)
        expire_uploads()
        left = {item.key for item in store.list_multiparts("")}
        assert left == {Upload.objects.get().source_key, "other/software"}


class TestOutage:
    def test_it_goes_on_when_the_store_is_back(self, sender: Multipart, upload: Upload, s3_server: S3Server) -> None:
        first, url = sender.put(1), sender.url(2)
        s3_server.kill()
        with pytest.raises(httpx.TransportError):
            httpx.put(url, content=sender.piece(2))
        assert sender.sign(2).status_code == 200  # signing asks nobody
        for answer in (sender.look(), sender.complete(first)):
            assert (answer.status_code, told(answer)) == (503, "unavailable")
            assert int(answer.headers["retry-after"]) > 0
        s3_server.start()
        assert [part["number"] for part in sender.look().json()["parts"]] == [1]
        assert sender.complete(first, sender.put(2), sender.put(3)).status_code == 200
        assert announced() == 1

    def test_a_draft_and_a_cancellation_need_no_store(self, s3_server: S3Server, store: S3ObjectStore) -> None:
        begun = Multipart(an_upload(size_bytes=len(LECTURE)), LECTURE)
        begun.put(1)
        s3_server.kill()
        upload = an_upload(size_bytes=len(LECTURE))
        answer = Multipart(upload, LECTURE).sign(1)
        assert (answer.status_code, told(answer)) == (503, "unavailable")
        assert begun.give_up().status_code == 204
        relay_due_events()
        s3_server.start()
        OutboxEvent.objects.update(due_at=clock.now())
        relay_due_events()
        assert list(store.list_multiparts("")) == []
        assert Multipart(upload, LECTURE).sign(1).status_code == 200
