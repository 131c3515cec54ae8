"""What may be begun, what a file may be called, and what is left when a transfer ends."""

import os
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as chosen
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.accounts.models import Role, User
from eduvideo.core import clock
from eduvideo.core.errors import ConflictError, InvalidInputError, QuotaExceededError
from eduvideo.core.models import OutboxEvent
from eduvideo.core.objects import FolderObjectStore, ObjectStore, open_objects
from eduvideo.core.relay import relay_due_events
from eduvideo.uploads import partial, services
from eduvideo.uploads.errors import UploadTooLargeError
from eduvideo.uploads.models import Upload, UploadState
from eduvideo.uploads.queries import organization_quota_bytes, organization_used_bytes, same_sources, used_bytes
from eduvideo.uploads.tasks import collect_sources, expire_uploads
from tests.factories.accounts import an_organization
from tests.factories.danmaku import a_person
from tests.factories.uploads import an_upload

GIB = 1024**3


@pytest.fixture
def objects(tmp_path: Path, settings: Any) -> Iterator[ObjectStore]:
    """A store of its own, so that all of its objects are of this test."""
    settings.EDUVIDEO = settings.EDUVIDEO.model_copy(update={"objects_url": (tmp_path / "objects").as_uri()})
    open_objects.cache_clear()
    yield open_objects()
    open_objects.cache_clear()


@pytest.fixture
def creator() -> User:
    return a_person(Role.CREATOR)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "recording.mp4"
    path.write_bytes(b"0123456789")
    return path


@pytest.mark.django_db(transaction=True)
class TestRoom:
    @pytest.mark.parametrize("size_bytes", [0, -1])
    def test_an_empty_file_is_refused_by_the_name_of_its_field(self, creator: User, size_bytes: int) -> None:
        with pytest.raises(InvalidInputError) as caught:
            an_upload(owner=creator, size_bytes=size_bytes)
        assert [item.field for item in caught.value.fields] == ["size_bytes"]
        assert not Upload.objects.exists()

    def test_the_largest_file_is_taken_and_one_byte_more_is_not(self, creator: User) -> None:
        an_upload(owner=creator, size_bytes=chosen.EDUVIDEO.upload_max_bytes)
        with pytest.raises(UploadTooLargeError, match="20 GiB"):
            an_upload(owner=creator, size_bytes=chosen.EDUVIDEO.upload_max_bytes + 1)
        assert Upload.objects.count() == 1

    def test_the_room_of_a_creator_is_filled_by_what_is_unfinished_and_freed_by_what_is_given_up(
        self, creator: User
    ) -> None:
        uploads = [an_upload(owner=creator, size_bytes=20 * GIB) for _ in range(10)]
        an_upload(size_bytes=20 * GIB)  # somebody else's
        with pytest.raises(QuotaExceededError):
            an_upload(owner=creator, size_bytes=1)
        services.abort_upload(uploads[0])
        assert used_bytes(creator) == 180 * GIB
        an_upload(owner=creator, size_bytes=20 * GIB)

    def test_what_is_for_an_organization_takes_its_room_and_not_the_creators(self, creator: User) -> None:
        school = an_organization(quota_bytes=30 * GIB)
        an_upload(owner=creator, size_bytes=20 * GIB, organization=school)
        an_upload(size_bytes=10 * GIB, organization=school)  # of another teacher
        assert (used_bytes(creator), organization_used_bytes(school)) == (0, 30 * GIB)
        with pytest.raises(QuotaExceededError, match=school.name):
            an_upload(owner=creator, size_bytes=1, organization=school)
        an_upload(owner=creator, size_bytes=1)
        assert organization_quota_bytes(an_organization(quota_bytes=None)) == 2048 * GIB

    def test_whole_bytes_wait_where_the_room_has_become_too_small(
        self, creator: User, recording: Path, settings: Any
    ) -> None:
        upload = an_upload(owner=creator)
        with partial.locked(upload.public_id) as file:
            file.append(recording.read_bytes())
        less = settings.EDUVIDEO.model_copy(update={"upload_quota_bytes": 9})
        settings.EDUVIDEO, before = less, settings.EDUVIDEO
        with pytest.raises(QuotaExceededError):
            services.finish_interrupted(upload)
        expire_uploads()
        assert (Upload.objects.get().state, partial.offset_of(upload.public_id)) == (UploadState.STARTED, 10)
        settings.EDUVIDEO = before
        expire_uploads()
        assert Upload.objects.get().state == UploadState.COMPLETED

    def test_an_upload_ends_after_the_time_of_the_settings(self, creator: User) -> None:
        hours = (an_upload(owner=creator).expires_at - clock.now()) / timedelta(hours=1)
        assert hours == pytest.approx(chosen.EDUVIDEO.upload_expiry_hours, abs=0.1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("filename", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Ann\\lesson.mov", "lesson.mov"),
        ("a\0b\r\nc\u202e.mp4", "ab c.mp4"),
        ("数学 第一课.mp4", "数学 第一课.mp4"),
        ("🎓 fractions 👩‍🏫.mp4", "🎓 fractions 👩‍🏫.mp4"),
        ("..", ".."),
        ("folder/", "recording"),
        ("", "recording"),
        ("x" * 300, "x" * 255),
    ],
)
def test_a_name_is_shown_and_never_a_path(filename: str, shown: str) -> None:
    upload = an_upload(filename=filename)
    assert upload.filename == shown
    assert upload.source_key == f"sources/{upload.public_id}/source"
    assert partial.partial_path(upload.public_id).name == upload.public_id


@given(st.text(max_size=300))
def test_any_name_becomes_one_short_line_without_folders(filename: str) -> None:
    shown = services.shown_name(filename)
    assert 0 < len(shown) <= 255
    assert not set(shown) & set("/\\\0\n\r")


@pytest.mark.django_db(transaction=True)
class TestReuse:
    @pytest.fixture
    def known(self, creator: User, recording: Path, objects: ObjectStore) -> Upload:
        upload = an_upload(owner=creator, fingerprint="ab" * 32, filename="课 🚀.mp4")
        services.import_file(recording, into=upload)
        return upload

    def test_a_recording_is_used_again_without_a_byte_being_sent(self, known: Upload) -> None:
        again = services.reuse_source(known)
        assert (again.state, again.filename, again.size_bytes) == (UploadState.COMPLETED, "课 🚀.mp4", 10)
        assert (again.object_key, again.parts_sha256) == (known.object_key, known.parts_sha256)
        assert OutboxEvent.objects.filter(name="uploads.UploadCompleted").count() == 2
        assert len(list(open_objects().list("sources/"))) == 1

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_the_bytes_stay_as_long_as_somebody_names_them(self, known: Upload, order: tuple[int, int]) -> None:
        both = [known, services.reuse_source(known)]
        OutboxEvent.objects.all().delete()  # there is no lesson that they belong to
        services.remove_upload(both[order[0]])
        relay_due_events()
        assert open_objects().info(known.object_key)
        services.discard_source(both[order[1]])
        relay_due_events()
        assert list(open_objects().list("sources/")) == []

    def test_a_completion_that_comes_after_its_lesson_was_deleted_leaves_the_bytes_to_others(
        self, known: Upload
    ) -> None:
        again, late = services.reuse_source(known), Upload.objects.get(pk=known.pk)
        services.remove_upload(known)
        services.complete_upload(late)
        assert open_objects().info(again.object_key)

    def test_one_that_is_deleted_in_the_same_moment_cannot_be_used(self, known: Upload) -> None:
        services.remove_upload(Upload.objects.get(pk=known.pk))
        with pytest.raises(ConflictError):
            services.reuse_source(known)

    def test_it_takes_room_like_any_other(self, known: Upload, settings: Any) -> None:
        settings.EDUVIDEO = settings.EDUVIDEO.model_copy(update={"upload_quota_bytes": 19})
        with pytest.raises(QuotaExceededError):
            services.reuse_source(known)

    @pytest.mark.parametrize("state", [UploadState.STARTED, UploadState.ABORTED, UploadState.EXPIRED])
    def test_what_is_not_there_cannot_be_used(self, known: Upload, state: UploadState) -> None:
        Upload.objects.update(state=state)
        with pytest.raises(ConflictError):
            services.reuse_source(known)

    def test_the_same_file_is_recognized_by_size_and_fingerprint_and_for_its_owner_only(
        self, known: Upload, creator: User
    ) -> None:
        def same(owner: User) -> list[int]:
            return [found.pk for found in same_sources(owner, size_bytes=10, fingerprint="ab" * 32)]

        assert same(creator) == [known.pk]
        assert not same_sources(creator, size_bytes=11, fingerprint="ab" * 32)
        assert not same_sources(creator, size_bytes=10, fingerprint="cd" * 32)
        assert same(a_person(Role.CREATOR)) == []
        an_upload(owner=creator, size_bytes=10)
        assert not same_sources(creator, size_bytes=10, fingerprint="")
        services.discard_source(known)
        assert same(creator) == []

    @pytest.mark.parametrize("fingerprint", ["ab", "AB" * 32, "x" * 64, "ab" * 33])
    def test_what_is_no_fingerprint_is_refused(self, creator: User, fingerprint: str) -> None:
        with pytest.raises(InvalidInputError):
            an_upload(owner=creator, fingerprint=fingerprint)


@pytest.mark.django_db(transaction=True)
class TestEnd:
    def test_the_hash_of_an_imported_file_is_known(self, recording: Path) -> None:
        upload = an_upload()
        services.import_file(recording, into=upload)
        assert upload.parts_sha256 == sha256(sha256(recording.read_bytes()).digest()).hexdigest()

    def test_a_local_file_is_taken_without_being_lost(self, recording: Path) -> None:
        upload = an_upload()
        services.import_file(recording, into=upload)
        assert upload.state == UploadState.COMPLETED
        assert open_objects().read(upload.object_key) == recording.read_bytes()
        assert OutboxEvent.objects.filter(name="uploads.UploadCompleted").count() == 1

    def test_completing_twice_announces_once(self, recording: Path) -> None:
        upload = an_upload()
        services.import_file(recording, into=upload)
        services.complete_upload(upload)
        assert OutboxEvent.objects.filter(name="uploads.UploadCompleted").count() == 1

    def test_completing_what_was_given_up_leaves_nothing(self, recording: Path) -> None:
        upload = an_upload()
        services.abort_upload(upload)
        services.import_file(recording, into=upload)
        assert upload.state == UploadState.ABORTED
        assert open_objects().info(upload.source_key) is None
        assert not OutboxEvent.objects.filter(name="uploads.UploadCompleted").exists()

    def test_a_deleted_source_takes_no_room(self, recording: Path) -> None:
        upload = an_upload()
        services.import_file(recording, into=upload)
        services.discard_source(upload)
        services.discard_source(upload)
        relay_due_events()
        assert open_objects().info(upload.source_key) is None
        assert used_bytes(upload.owner) == 0

    @pytest.mark.parametrize("is_whole", [False, True])
    def test_an_upload_that_goes_with_its_lesson_takes_its_bytes_along(self, recording: Path, is_whole: bool) -> None:
        upload = an_upload()
        if is_whole:
            services.import_file(recording, into=upload)
        else:
            with partial.locked(upload.public_id) as file:
                file.append(b"01234")
        services.remove_upload(upload)
        relay_due_events()
        assert not Upload.objects.exists()
        assert open_objects().info(upload.source_key) is None
        assert upload.public_id not in partial.upload_ids()

    def test_giving_up_removes_also_what_a_crash_left_in_the_store(self, recording: Path) -> None:
        upload = an_upload()
        open_objects().write(upload.source_key, b"0123456789", content_type="video/mp4")
        services.abort_upload(upload)
        relay_due_events()
        assert open_objects().info(upload.source_key) is None

    def test_the_sweep_ends_what_is_over_and_finishes_what_is_whole(self) -> None:
        half, whole, young = (an_upload() for _ in range(3))
        for upload, content in ((half, b"01234"), (whole, b"0123456789"), (young, b"0")):
            with partial.locked(upload.public_id) as file:
                file.append(content)
        Upload.objects.exclude(pk=young.pk).update(expires_at=clock.now())
        expire_uploads()
        states = [Upload.objects.get(pk=upload.pk).state for upload in (half, whole, young)]
        assert states == [UploadState.EXPIRED, UploadState.COMPLETED, UploadState.STARTED]
        assert [partial.offset_of(upload.public_id) for upload in (half, whole, young)] == [0, 0, 1]
        assert open_objects().info(whole.source_key)

    def test_the_sweep_removes_what_a_killed_process_left(self) -> None:
        upload = an_upload()
        with partial.locked(upload.public_id) as file:
            file.append(b"01234")
        Upload.objects.update(state=UploadState.ABORTED)
        expire_uploads()
        assert partial.upload_ids() == []

    def test_files_that_no_row_knows_go_after_a_day(self, objects: ObjectStore, recording: Path) -> None:
        """As a crash leaves them between the file and its row."""
        begun, ended = an_upload(), an_upload()
        services.import_file(recording, into=ended)
        again = services.reuse_source(ended)
        services.remove_upload(ended)
        assert isinstance(objects, FolderObjectStore)
        for key in ("sources/old/source", "sources/young/source", begun.source_key, again.object_key):
            objects.write(key, b"0123456789", content_type="video/mp4")
            if "young" not in key:
                os.utime(objects.path(key), (0, 0))
        collect_sources()
        kept = {"sources/young/source", begun.source_key, again.object_key}
        assert {info.key for info in objects.list("sources/")} == kept
