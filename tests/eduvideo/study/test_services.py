"""Study guides that two people save at one instant."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import OperationalError, connections
from django.test import Client

from eduvideo.catalog.models import Video
from eduvideo.core.errors import PreconditionFailedError
from eduvideo.study.models import StudyGuide
from eduvideo.study.services import set_study_guide
from tests.factories.catalog import a_video, asking
from tests.waiting import wait_until

JSON = {"content_type": "application/json"}


@pytest.mark.django_db(transaction=True)
def test_of_two_saves_at_one_instant_one_is_told_that_it_came_late() -> None:
    video = a_video()
    set_study_guide(video, markdown="before")
    together = Barrier(2)

    def attempt(text: str) -> list[bool]:
        try:
            set_study_guide(Video.objects.get(pk=video.pk), markdown=text, replaces={1})
        except PreconditionFailedError:
            return [False]
        except OperationalError:  # SQLite in memory refuses to begin where a file or a server waits for the lock
            return []
        return [True]

    def save(text: str) -> bool:
        try:
            together.wait(10)
            return wait_until(lambda: attempt(text), timeout_s=20, message="the lock was never free", every_s=0.01)[0]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        saved = dict(zip(("mine", "yours"), pool.map(save, ("mine", "yours")), strict=True))
    assert sorted(saved.values()) == [False, True]
    guide = StudyGuide.objects.get()
    assert (saved[guide.markdown], guide.version) == (True, 2)


@pytest.mark.django_db
class TestConditions:
    def path(self, video: Video) -> str:
        return f"/api/v1/videos/{video.public_id}/study-guide"

    def put(self, client: Client, video: Video, text: str, **headers: str) -> tuple[int, int | None]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = client.put(self.path(video), {"markdown": text}, headers=named, **JSON)
        return answer.status_code, answer.json().get("version")

    def test_a_save_replaces_the_version_that_it_names(self) -> None:
        video = a_video()
        client = asking(video.owner)
        assert client.get(self.path(video)).json()["version"] == 0
        assert self.put(client, video, "one", If_Match='"0"') == (200, 1)
        assert self.put(client, video, "two", If_Match='"1"') == (200, 2)
        assert self.put(client, video, "late", If_Match='"1"') == (412, None)
        assert self.put(client, video, "late", If_Match='"9", "x", W/"2"') == (412, None)
        assert client.get(self.path(video)).json()["markdown"] == "two"
        assert self.put(client, video, "three", If_Match="*") == (200, 3)
        assert self.put(client, video, "none yet", If_None_Match="*") == (412, None)
        assert client.delete(self.path(video), headers={"If-Match": '"1"'}).status_code == 412
        assert client.delete(self.path(video), headers={"If-Match": '"3"'}).status_code == 204

    def test_clients_that_name_none_go_on(self) -> None:
        video = a_video()
        client = asking(video.owner)
        assert [self.put(client, video, text) for text in ("one", "two")] == [(200, 1), (200, 2)]

    def test_what_was_saved_but_not_answered_may_be_sent_again(self) -> None:
        video = a_video()
        client = asking(video.owner)
        self.put(client, video, "one", If_Match='"0"')
        assert self.put(client, video, "one", If_Match='"0"') == (200, 1)

    def test_the_form_shows_both_texts_and_loses_none(self) -> None:
        video = a_video()
        client, path = asking(video.owner), f"/studio/{video.public_id}/study-guide"
        assert client.post(path, {"markdown": "one", "version": "0"}).status_code == 302
        answer = client.post(path, {"markdown": "mine <b>", "version": "0"})
        page = answer.content.decode()
        assert answer.status_code == 412
        assert "mine &lt;b&gt;</textarea>" in page
        assert "<pre>one</pre>" in page
        assert 'name="version" value="1"' in page
        assert client.post(path, {"markdown": "mine <b>", "version": "1"}).status_code == 302
        assert StudyGuide.objects.get().markdown == "mine <b>"
