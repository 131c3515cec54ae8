"""Two requests in the same moment: one wins, the other comes to the same end."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from eduvideo.core.models import OutboxEvent
from eduvideo.core.relay import relay_due_events
from eduvideo.core.s3 import S3ObjectStore
from eduvideo.uploads import services
from eduvideo.uploads.models import Upload
from tests.factories.uploads import Multipart, an_upload

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.servers]
LECTURE = b"0123456789"


@pytest.fixture
def sender(objects_in_s3: S3ObjectStore) -> Multipart:
    return Multipart(an_upload(size_bytes=len(LECTURE)), LECTURE)


@pytest.fixture
def before(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[], object]], None]:
    """Let something happen just before the first call of a method of the store reaches the server."""

    def arrange(name: str, happening: Callable[[], object]) -> None:
        method, waiting = getattr(S3ObjectStore, name), [happening]

        def call(store: S3ObjectStore, *args: object, **options: object) -> object:
            if waiting:
                waiting.pop()()
            return method(store, *args, **options)

        monkeypatch.setattr(S3ObjectStore, name, call)

    return arrange


def announced() -> int:
    return OutboxEvent.objects.filter(name="uploads.UploadCompleted").count()


def test_two_first_signatures_are_of_one_transfer(
    sender: Multipart, before: Callable[..., None], objects_in_s3: S3ObjectStore
) -> None:
    urls: list[str] = []
    before("begin_multipart", lambda: urls.append(sender.url(1)))
    urls.append(sender.url(1))
    assert len({parse_qs(urlsplit(url).query)["uploadId"][0] for url in urls}) == 1
    assert len(list(objects_in_s3.list_multiparts(""))) == 1


def test_a_look_while_the_object_is_being_made_forgets_nothing(
    sender: Multipart, before: Callable[..., None], objects_in_s3: S3ObjectStore
) -> None:
    upload = Upload.objects.get()
    sender.put_all()

    def begin_to_complete() -> None:
        """A store that copies the parts knows of no transfer until it is done."""
        services.note_completing(upload, parts_sha256="")
        objects_in_s3.abort_multipart(upload.source_key, upload.multipart_id)

    before("list_parts", begin_to_complete)
    assert sender.look().json()["is_completing"] is True
    begun = upload.multipart_id
    upload.refresh_from_db()
    assert (upload.multipart_id, upload.completing_at is not None) == (begun, True)


def test_two_completions_announce_once(sender: Multipart, before: Callable[..., None]) -> None:
    parts = sender.put_all()
    answers: list[httpx.Response] = []
    before("complete_multipart", lambda: answers.append(sender.complete(*parts)))
    answers.append(sender.complete(*parts))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert announced() == 1


@pytest.mark.parametrize("how", ["cancelled", "deleted with its lesson"])
@pytest.mark.parametrize("moment", ["begin_multipart", "complete_multipart", "info"])
def test_what_is_given_up_in_the_middle_leaves_nothing(
    how: str, moment: str, sender: Multipart, before: Callable[..., None], objects_in_s3: S3ObjectStore
) -> None:
    upload = Upload.objects.get()
    parts = [] if moment == "begin_multipart" else sender.put_all()
    before(moment, lambda: (services.abort_upload if how == "cancelled" else services.remove_upload)(upload))
    answer = sender.complete(*parts) if parts else sender.sign(1)
    assert answer.status_code == 410, answer.text
    relay_due_events()
    assert (list(objects_in_s3.list("")), list(objects_in_s3.list_multiparts("")), announced()) == ([], [], 0)
