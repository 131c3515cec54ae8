import pytest

from eduvideo.catalog.models import Video, VideoState
from eduvideo.catalog.outline import OutlineItem
from eduvideo.site.templatetags.playlists import lines_beside
from tests.factories.catalog import a_video
from tests.factories.pages import XSS

pytestmark = pytest.mark.django_db


def an_item(video: Video | None, *, number: int = 1, is_shown: bool = True, is_current: bool = False) -> OutlineItem:
    return OutlineItem(number, video.public_id if video else "hidden", video, is_shown, is_current)


def test_each_lesson_has_its_number_its_title_and_its_length() -> None:
    first, second = a_video(title="Halves"), a_video(title="三分之一", language="zh-Hans")
    found = lines_beside([an_item(first, is_current=True), an_item(second, number=2)], "list")
    assert found == (
        f'<li><a href="/watch/{first.public_id}?list=list&amp;play=1" aria-current="true">'
        '<span class="playlist-number">1</span><span lang="en">Halves</span><time>1:00</time></a></li>'
        f'<li><a href="/watch/{second.public_id}?list=list&amp;play=1">'
        '<span class="playlist-number">2</span><span lang="zh-Hans">三分之一</span><time>1:00</time></a></li>'
    )


def test_what_is_hidden_has_a_place_but_no_name() -> None:
    assert lines_beside([an_item(None, is_shown=False)], "list") == "<li></li>"


def test_its_editor_sees_what_others_do_not() -> None:
    draft = a_video(title=XSS, state=VideoState.DRAFT)
    found = lines_beside([an_item(draft, is_shown=False)], "list")
    assert "Draft, only you see it" in found
    assert "<script" not in found
