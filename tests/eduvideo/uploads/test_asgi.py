"""tus 1.0 over the whole application: what each request answers and what it leaves behind."""

import asyncio
import base64
import errno
import hashlib
import itertools
import os
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as chosen
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from starlette.types import Message

from eduvideo.config.asgi import application
from eduvideo.core import clock
from eduvideo.core.models import OutboxEvent
from eduvideo.core.objects import open_objects
from eduvideo.core.relay import relay_due_events
from eduvideo.uploads import partial, services
from eduvideo.uploads.models import Upload, UploadState
from tests.factories.danmaku import a_person
from tests.factories.uploads import PART, Multipart, Tus, an_upload, ask, beside_the_tests

pytestmark = pytest.mark.django_db(transaction=True)
LECTURE = b"0123456789"
MIB = 1024 * 1024
LONG = 9 * MIB + 5
LONG_LECTURE = hashlib.shake_256(b"lecture").digest(LONG)
DIGESTS = b"".join(hashlib.sha256(LONG_LECTURE[at : at + 4 * MIB]).digest() for at in range(0, LONG, 4 * MIB))
EXPECTED = hashlib.sha256(DIGESTS).hexdigest()


@pytest.fixture
def upload() -> Upload:
    return an_upload(size_bytes=len(LECTURE))


@pytest.fixture
def tus(upload: Upload) -> Tus:
    return Tus(upload)


def checksum_of(content: bytes, algorithm: str = "sha256") -> str:
    digest = hashlib.new(algorithm, content, usedforsecurity=False).digest()
    return f"{algorithm} {base64.b64encode(digest).decode()}"


def announced() -> list[dict[str, object]]:
    return list(OutboxEvent.objects.filter(name="uploads.UploadCompleted").values_list("payload", flat=True))


def told(answer: httpx.Response) -> str:
    """Return the code of a refusal, which is problem+json like everywhere."""
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["type"]).removeprefix("/problems/")


class TestTransfer:
    def test_parts_become_one_object_that_is_announced_once(self, upload: Upload, tus: Tus) -> None:
        for offset, end in ((0, 4), (4, 4), (4, 9), (9, 10)):
            answer = tus.patch(offset, LECTURE[offset:end])
            assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(end))
        upload.refresh_from_db()
        assert upload.state == UploadState.COMPLETED
        assert upload.completed_at is not None
        assert open_objects().read(upload.object_key) == LECTURE
        assert announced() == [{"upload_id": upload.pk, "object_key": upload.object_key}]
        assert not partial.partial_path(upload.public_id).exists()

    def test_head_tells_where_to_go_on(self, upload: Upload, tus: Tus) -> None:
        assert tus.offset() == 0
        tus.patch(0, LECTURE[:4])
        answer = tus.ask("HEAD")
        assert (answer.status_code, answer.headers["upload-offset"]) == (200, "4")
        assert answer.headers["upload-length"] == "10"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["tus-resumable"] == "1.0.0"
        assert "GMT" in answer.headers["upload-expires"]
        tus.patch(4, LECTURE[4:])
        assert tus.offset() == 10

    def test_the_api_tells_of_it_as_well_but_signs_no_parts(self, upload: Upload, tus: Tus) -> None:
        tus.patch(0, LECTURE[:4])
        sender = Multipart(upload, LECTURE)
        looked = sender.look().json()
        assert (looked["protocol"], looked["received_bytes"], looked["size_bytes"]) == ("tus", 4, 10)
        assert (looked["filename"], looked["part_size_bytes"], looked["parts"]) == ("lecture.mp4", 4 * MIB, [])
        for answer in (sender.sign(1), sender.complete((1, "x"))):
            assert (answer.status_code, told(answer)) == (409, "upload-protocol")

    def test_what_came_before_the_network_was_cut_is_kept(self, tus: Tus) -> None:
        tus.patch_and_vanish(0, LECTURE[:7])
        assert tus.offset() == 7
        assert tus.patch(7, LECTURE[7:]).headers["upload-offset"] == "10"

    @pytest.mark.slow
    @examples(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(content=st.binary(min_size=1, max_size=200), cuts=st.lists(st.integers(0, 200), max_size=4))
    def test_any_split_gives_the_same_bytes(self, content: bytes, cuts: list[int]) -> None:
        upload = an_upload(size_bytes=len(content))
        tus = Tus(upload)
        edges = sorted({0, len(content), *(cut % len(content) for cut in cuts)})
        for begin, end in itertools.pairwise(edges):
            assert tus.patch(begin, content[begin:end]).status_code == 204
        assert open_objects().read(upload.source_key) == content

    def test_options_tell_what_the_server_can_do_without_signing_in(self, tus: Tus) -> None:
        answer = ask("OPTIONS", tus.path)
        assert answer.status_code == 204
        assert answer.headers["tus-version"] == "1.0.0"
        assert answer.headers["tus-max-size"] == str(chosen.EDUVIDEO.upload_max_bytes)
        assert set(answer.headers["tus-extension"].split(",")) == {"checksum", "termination", "expiration"}
        assert "sha1" in answer.headers["tus-checksum-algorithm"].split(",")


class TestRefusal:
    @pytest.mark.parametrize("offset", [0, 3, 5, 10])
    def test_a_part_must_begin_where_the_last_one_ended(self, tus: Tus, offset: int) -> None:
        tus.patch(0, LECTURE[:4])
        answer = tus.patch(offset, b"")
        assert (answer.status_code, told(answer)) == (409, "upload-offset")
        assert tus.offset() == 4

    @pytest.mark.parametrize("offset", ["", "-1", "1.0", "three", "\u00b2", "9" * 5000])
    def test_an_offset_is_a_number_of_bytes(self, tus: Tus, offset: str) -> None:
        answer = tus.patch(0, LECTURE, Upload_Offset=offset)
        assert (answer.status_code, told(answer)) == (422, "invalid-input")
        assert answer.json()["errors"][0]["field"] == "upload-offset"

    @pytest.mark.parametrize("kind", ["application/octet-stream", "multipart/form-data"])
    def test_a_part_has_the_content_type_of_tus(self, tus: Tus, kind: str) -> None:
        answer = tus.patch(0, LECTURE, Content_Type=kind)
        assert (answer.status_code, told(answer)) == (415, "upload-content-type")
        assert tus.offset() == 0

    @pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE"])
    @pytest.mark.parametrize("version", ["0.2.2", None])
    def test_another_version_of_tus_is_told_ours(self, tus: Tus, method: str, version: str | None) -> None:
        answer = tus.ask(method, Tus_Resumable=version) if version else tus.ask(method, without="Tus-Resumable")
        assert (answer.status_code, answer.headers["tus-version"]) == (412, "1.0.0")

    def test_more_than_announced_is_refused_before_it_is_sent(self, tus: Tus) -> None:
        tus.patch(0, LECTURE[:4])
        answer = tus.patch(4, LECTURE)
        assert (answer.status_code, told(answer)) == (413, "upload-too-large")
        assert tus.offset() == 4

    def test_more_than_announced_without_a_length_leaves_nothing_of_it(self, tus: Tus) -> None:
        async def endless() -> AsyncIterator[bytes]:
            for _ in range(8):
                yield LECTURE * 100_000

        tus.patch(0, LECTURE[:4])
        answer = tus.patch(4, endless())
        assert (answer.status_code, told(answer)) == (413, "upload-too-large")
        assert tus.offset() == 4

    def test_an_upload_of_somebody_else_does_not_exist(self, upload: Upload) -> None:
        stranger = Tus(upload, by=a_person())
        for answer in (stranger.ask("HEAD"), stranger.patch(0, LECTURE), stranger.ask("DELETE")):
            assert answer.status_code == 404
        assert Tus(upload).offset() == 0

    def test_an_unknown_upload_does_not_exist(self, upload: Upload, tus: Tus) -> None:
        tus.path = "/api/v1/uploads/nothing"
        assert tus.ask("HEAD").status_code == 404
        assert partial.offset_of("nothing") == 0

    @pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE"])
    def test_nobody_is_asked_to_sign_in(self, tus: Tus, method: str) -> None:
        assert tus.ask(method, without="Authorization").status_code == 401
        assert tus.ask(method, Authorization="Bearer wrong").status_code == 401

    def test_a_finished_upload_takes_no_more(self, upload: Upload, tus: Tus) -> None:
        tus.patch(0, LECTURE)
        for offset in (0, 10):
            assert tus.patch(offset, b"").status_code == 409
        assert open_objects().read(upload.source_key) == LECTURE
        assert not partial.partial_path(upload.public_id).exists()
        assert len(announced()) == 1

    def test_it_needs_the_room_that_there_is_at_its_end(self, upload: Upload, tus: Tus, settings: Any) -> None:
        tus.patch(0, LECTURE[:4])
        before = settings.EDUVIDEO
        settings.EDUVIDEO = before.model_copy(update={"upload_quota_bytes": 9})
        answer = tus.patch(4, LECTURE[4:])
        assert (answer.status_code, told(answer)) == (413, "quota-exceeded")
        assert tus.ask("HEAD").status_code == 413
        upload.refresh_from_db()
        assert (upload.state, announced()) == (UploadState.STARTED, [])
        settings.EDUVIDEO = before
        assert tus.offset() == 10
        upload.refresh_from_db()
        assert upload.state == UploadState.COMPLETED
        assert open_objects().read(upload.object_key) == LECTURE

    def test_what_has_no_room_at_its_end_can_be_given_up(self, upload: Upload, tus: Tus, settings: Any) -> None:
        tus.patch(0, LECTURE[:4])
        settings.EDUVIDEO = settings.EDUVIDEO.model_copy(update={"upload_quota_bytes": 9})
        assert tus.patch(4, LECTURE[4:]).status_code == 413
        assert tus.ask("DELETE").status_code == 204
        relay_due_events()
        assert upload.public_id not in partial.upload_ids()

    def test_a_second_window_cannot_write_at_the_same_time(self, upload: Upload, tus: Tus) -> None:
        with partial.locked(upload.public_id):
            answer = tus.patch(0, LECTURE)
            assert (answer.status_code, told(answer)) == (423, "upload-locked")
            assert tus.offset() == 0
        assert tus.patch(0, LECTURE).status_code == 204


class TestCookie:
    @pytest.fixture
    def signed_in(self, upload: Upload) -> str:
        client = Client()
        client.force_login(upload.owner)
        return f"{chosen.SESSION_COOKIE_NAME}={client.cookies[chosen.SESSION_COOKIE_NAME].value}"

    def test_a_page_must_prove_that_it_is_ours(self, tus: Tus, signed_in: str) -> None:
        answer = tus.patch(0, LECTURE, Cookie=signed_in, Authorization="")
        assert answer.status_code == 403
        secret = "a" * 32
        cookie = f"{signed_in}; {chosen.CSRF_COOKIE_NAME}={secret}"
        for wrong in ({"X_CSRFToken": "b" * 32}, {"X_CSRFToken": secret, "Origin": "https://evil.example"}):
            assert tus.patch(0, LECTURE, Cookie=cookie, Authorization="", **wrong).status_code == 403
        assert tus.patch(0, LECTURE, Cookie=cookie, Authorization="", X_CSRFToken=secret).status_code == 204

    def test_asking_for_the_position_needs_no_proof(self, tus: Tus, signed_in: str) -> None:
        assert tus.ask("HEAD", Cookie=signed_in, Authorization="").status_code == 200


class TestChecksum:
    @pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
    def test_a_sound_part_is_taken(self, tus: Tus, algorithm: str) -> None:
        tus.patch(0, LECTURE[:4])
        answer = tus.patch(4, LECTURE[4:], Upload_Checksum=checksum_of(LECTURE[4:], algorithm))
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, "10")

    def test_a_damaged_part_is_forgotten(self, upload: Upload, tus: Tus) -> None:
        tus.patch(0, LECTURE[:4])
        answer = tus.patch(4, b"xxxxxx", Upload_Checksum=checksum_of(LECTURE[4:]))
        assert (answer.status_code, told(answer)) == (460, "upload-checksum")
        assert tus.offset() == 4
        assert tus.patch(4, LECTURE[4:], Upload_Checksum=checksum_of(LECTURE[4:])).status_code == 204
        assert open_objects().read(upload.source_key) == LECTURE

    def test_a_part_that_was_cut_off_before_it_could_be_checked_is_forgotten(self, tus: Tus) -> None:
        tus.patch(0, LECTURE[:4])
        tus.patch_and_vanish(4, LECTURE[4:7], Upload_Checksum=checksum_of(LECTURE[4:]))
        assert tus.offset() == 4

    @pytest.mark.parametrize(
        ("value", "status"), [("crc32 AAAA", 400), ("sha1 no base64!", 422), ("sha1 \u00e4", 422), ("sha1", 460)]
    )
    def test_a_checksum_that_cannot_be_read_is_refused(self, tus: Tus, value: str, status: int) -> None:
        assert tus.patch(0, LECTURE[:4], Upload_Checksum=value).status_code == status
        assert tus.offset() == 0

    def test_nobody_finishes_an_upload_whose_last_part_is_not_checked_yet(self, upload: Upload, tus: Tus) -> None:
        with partial.locked(upload.public_id) as file:
            file.append(b"xxxxxxxxxx")
            assert tus.offset() == 10
            file.cut(0)
        upload.refresh_from_db()
        assert upload.state == UploadState.STARTED
        assert tus.patch(0, LECTURE).status_code == 204
        assert open_objects().read(upload.source_key) == LECTURE


class TestHashes:
    """The hash of the parts is known at the end, whatever pieces the file came in."""

    @pytest.mark.parametrize(
        "ends", [[LONG], [4 * MIB, 8 * MIB, LONG], [1, 4 * MIB - 1, 4 * MIB + 1, LONG - 1, LONG]], ids=len
    )
    def test_it_does_not_depend_on_the_pieces(self, ends: list[int]) -> None:
        upload = an_upload(size_bytes=LONG)
        tus = Tus(upload)
        for begin, end in itertools.pairwise([0, *ends]):
            piece = LONG_LECTURE[begin:end]
            assert tus.patch(begin, piece, Upload_Checksum=checksum_of(piece)).status_code == 204
        upload.refresh_from_db()
        assert (upload.state, upload.parts_sha256) == (UploadState.COMPLETED, EXPECTED)
        assert upload.public_id not in partial.upload_ids()

    def test_what_is_cut_off_or_forgotten_on_the_way_does_not_count(self) -> None:
        upload = an_upload(size_bytes=LONG)
        tus = Tus(upload)
        tus.patch_and_vanish(0, LONG_LECTURE[: 4 * MIB + 3])
        damaged = LONG_LECTURE[4 * MIB + 3 : -1] + b"?"
        wrong = tus.patch(4 * MIB + 3, damaged, Upload_Checksum=checksum_of(LONG_LECTURE[4 * MIB + 3 :]))
        assert wrong.status_code == 460
        assert tus.patch(4 * MIB + 3, LONG_LECTURE[4 * MIB + 3 :]).status_code == 204
        upload.refresh_from_db()
        assert upload.parts_sha256 == EXPECTED

    @pytest.mark.parametrize("kept", [b"", b"x" * 31, None])
    def test_digests_that_a_crash_took_are_made_up_for(self, kept: bytes | None) -> None:
        upload = an_upload(size_bytes=LONG)
        tus = Tus(upload)
        tus.patch(0, LONG_LECTURE[: 8 * MIB])
        digests = partial.partial_path(f"{upload.public_id}.sha256")
        assert digests.read_bytes() == DIGESTS[:64]
        digests.unlink() if kept is None else digests.write_bytes(kept)
        tus.patch(8 * MIB, LONG_LECTURE[8 * MIB :])
        upload.refresh_from_db()
        assert upload.parts_sha256 == EXPECTED


class TestEnd:
    def test_a_cancelled_upload_is_gone(self, upload: Upload, tus: Tus) -> None:
        tus.patch(0, LECTURE[:4])
        assert tus.ask("DELETE").status_code == 204
        relay_due_events()
        assert not partial.partial_path(upload.public_id).exists()
        for answer in (tus.ask("HEAD"), tus.patch(4, LECTURE[4:]), tus.ask("DELETE")):
            assert answer.status_code == 410
        assert not partial.partial_path(upload.public_id).exists()

    def test_a_complete_upload_is_deleted_with_its_lesson_only(self, upload: Upload, tus: Tus) -> None:
        tus.patch(0, LECTURE)
        answer = tus.ask("DELETE")
        assert (answer.status_code, told(answer)) == (409, "upload-completed")
        assert open_objects().read(upload.source_key) == LECTURE

    def test_an_upload_ends_at_its_time_even_before_it_is_swept(self, upload: Upload, tus: Tus) -> None:
        tus.patch(0, LECTURE[:4])
        Upload.objects.update(expires_at=clock.now() - timedelta(seconds=1))
        assert tus.ask("HEAD").status_code == 410
        assert tus.patch(4, LECTURE[4:]).status_code == 410
        assert services.expire_uploads() == 1
        assert tus.ask("HEAD").status_code == 410
        assert not partial.partial_path(upload.public_id).exists()

    def test_an_upload_that_is_cancelled_before_the_lock_is_had_takes_nothing(
        self, upload: Upload, tus: Tus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def cancel_and_lock(upload_id: str) -> object:
            services.abort_upload(upload)
            return lock(upload_id)

        lock = partial.locked
        monkeypatch.setattr(partial, "locked", cancel_and_lock)
        assert tus.patch(0, LECTURE).status_code == 410
        assert not partial.partial_path(upload.public_id).exists()
        assert announced() == []

    @pytest.mark.parametrize("headers", [{}, {"Upload_Checksum": checksum_of(LECTURE)}], ids=["plain", "checked"])
    def test_an_upload_that_is_cancelled_while_a_part_arrives_leaves_nothing(
        self, headers: dict[str, str], upload: Upload, tus: Tus
    ) -> None:
        @sync_to_async
        def cancel() -> None:
            services.abort_upload(Upload.objects.get())
            relay_due_events()

        async def body() -> AsyncIterator[bytes]:
            yield LECTURE[:4]
            await cancel()
            yield LECTURE[4:]

        assert tus.patch(0, body(), **headers).status_code == 410
        assert upload.public_id not in partial.upload_ids()
        assert (open_objects().info(upload.source_key), announced()) == (None, [])

    @pytest.mark.parametrize(
        ("headers", "kept"), [({}, MIB), ({"Upload_Checksum": checksum_of(LONG_LECTURE)}, 0)], ids=["plain", "checked"]
    )
    def test_a_request_that_is_cut_off_at_a_shutdown_ends_after_its_write(
        self, headers: dict[str, str], kept: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tus = Tus(an_upload(size_bytes=LONG))
        is_writing, may_write, append = threading.Event(), threading.Event(), partial.PartialFile.append

        def append_slowly(file: partial.PartialFile, chunk: bytes) -> None:
            is_writing.set()
            assert may_write.wait(20)
            append(file, chunk)

        async def receive() -> Message:
            return {"type": "http.request", "body": LONG_LECTURE[:MIB], "more_body": True}

        async def send(_message: Message) -> None:
            """Nobody listens."""

        async def cut_off() -> bool:
            request = asyncio.create_task(application(tus.scope_of_patch(0, **headers), receive, send))
            await asyncio.to_thread(is_writing.wait, 20)
            request.cancel()
            ended, _ = await asyncio.wait({request}, timeout=0.2)
            may_write.set()
            await asyncio.wait({request})
            return bool(ended)

        monkeypatch.setattr(partial.PartialFile, "append", append_slowly)
        assert not beside_the_tests(cut_off)
        assert tus.offset() == kept

    def test_a_full_disk_keeps_what_it_could_and_the_upload_goes_on(
        self, upload: Upload, tus: Tus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write, room = os.write, [6]

        def write_while_there_is_room(descriptor: int, data: bytes) -> int:
            if "/.uploads/" not in str(Path(f"/proc/self/fd/{descriptor}").readlink()):
                return write(descriptor, data)
            if not room[0]:
                raise OSError(errno.ENOSPC, "No space left on device")
            written = write(descriptor, data[: room[0]])
            room[0] -= written
            return written

        monkeypatch.setattr(os, "write", write_while_there_is_room)
        answer = tus.patch(0, LECTURE)
        monkeypatch.undo()
        assert (answer.status_code, told(answer)) == (507, "disk-full")
        assert tus.offset() == 6
        assert tus.patch(6, LECTURE[6:]).status_code == 204
        assert open_objects().read(upload.source_key) == LECTURE

    def test_a_crash_between_rename_and_commit_is_made_good_by_the_next_question(
        self, upload: Upload, tus: Tus
    ) -> None:
        tus.patch(0, LECTURE[:9])
        with partial.locked(upload.public_id) as file:
            file.append(LECTURE[9:])
        open_objects().put_file(partial.partial_path(upload.public_id), upload.source_key, content_type="video/mp4")
        assert tus.offset() == 10
        upload.refresh_from_db()
        assert upload.state == UploadState.COMPLETED
        assert len(announced()) == 1

    def test_a_crash_before_the_rename_is_made_good_by_the_next_question(self, upload: Upload, tus: Tus) -> None:
        with partial.locked(upload.public_id) as file:
            file.append(LECTURE)
        answer = tus.ask("PATCH", content=b"", Upload_Offset="10", Content_Type=PART)
        assert answer.status_code == 409
        assert open_objects().read(upload.source_key) == LECTURE
        assert len(announced()) == 1
