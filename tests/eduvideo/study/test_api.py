import pytest

from eduvideo.catalog.models import VideoState
from eduvideo.core.models import OutboxEvent
from tests.factories.catalog import a_video, asking

pytestmark = pytest.mark.django_db


def test_a_guide_is_kept_as_written_and_shown_as_html() -> None:
    video = a_video()
    path = f"/api/v1/videos/{video.public_id}/study-guide"
    asking(video.owner).put(path, {"markdown": "# One\n[0:30]"}, content_type="application/json")
    shown = asking(None).get(path).json()
    assert shown["markdown"] == "# One\n[0:30]"
    assert "<h2>One</h2>" in shown["html"]
    assert OutboxEvent.objects.filter(name="catalog.VideoChanged").count() == 1


def test_a_draft_has_no_guide_for_others() -> None:
    video = a_video(state=VideoState.DRAFT)
    assert asking(None).get(f"/api/v1/videos/{video.public_id}/study-guide").status_code == 404


def test_a_guide_has_an_end() -> None:
    video = a_video()
    path = f"/api/v1/videos/{video.public_id}/study-guide"
    answer = asking(video.owner).put(path, {"markdown": "x" * 100_001}, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "markdown"
