"""The index follows the catalogue: news in bulk, and one bad lesson among good ones."""

from collections.abc import Iterable

import pytest

from eduvideo.catalog import services as catalog
from eduvideo.catalog.models import Video, Visibility
from eduvideo.core.models import OutboxEvent
from eduvideo.core.relay import relay_due_events
from eduvideo.discovery import services
from eduvideo.discovery.documents import video_document
from eduvideo.discovery.engine import search_engine
from search.documents import Document
from tests.factories.catalog import a_video

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The ids of each bulk write, removals marked."""
    writes: list[list[str]] = []
    engine = search_engine()
    upsert, delete = engine.upsert, engine.delete

    def note_upsert(documents: Iterable[Document]) -> int:
        some = list(documents)
        writes.append([one.id for one in some])
        return upsert(some)

    def note_delete(versions: dict[str, int]) -> int:
        writes.append([f"-{key}" for key in versions])
        return delete(versions)

    monkeypatch.setattr(engine, "upsert", note_upsert)
    monkeypatch.setattr(engine, "delete", note_delete)
    return writes


def test_the_news_of_many_lessons_is_written_at_once_and_each_lesson_once(written: list[list[str]]) -> None:
    kept, gone, hidden, drafted = (a_video(title="Waves") for _ in range(4))
    for number in range(10):
        for video in (kept, gone, hidden):
            catalog.update_video(video, by=video.owner, changes=catalog.VideoChanges(title=f"Waves {number}"))
    relay_due_events()
    assert written == [[kept.public_id, gone.public_id, hidden.public_id]]

    written.clear()
    catalog.touch_video(kept)
    catalog.update_video(hidden, by=hidden.owner, changes=catalog.VideoChanges(visibility=Visibility.UNLISTED))
    catalog.unpublish_video(drafted, by=drafted.owner)
    gone_id = gone.public_id
    catalog.delete_video(gone, by=gone.owner)
    relay_due_events()
    assert [sorted(some) for some in written] == [
        [f"-{gone_id}"], sorted(f"-{video.public_id}" for video in (hidden, drafted)), [kept.public_id],
    ]  # fmt: skip
    assert not services.difference()


def test_a_lesson_that_cannot_be_indexed_does_not_keep_others_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(video: Video) -> Document:
        if video.title == "Broken":
            raise ValueError("no such grade")
        return video_document(video)

    monkeypatch.setattr(services, "video_document", read)
    lessons = [a_video(title="Broken" if number == 4 else "Waves") for number in range(7)]
    for lesson in lessons:
        catalog.touch_video(lesson)
    assert relay_due_events() == 6
    assert services.difference().missing == [lessons[4].public_id]
    failed = OutboxEvent.objects.get(done_at=None)
    assert (failed.payload["video_id"], failed.attempts) == (lessons[4].pk, 1)
    assert "no such grade" in failed.error
