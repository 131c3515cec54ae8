import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.community.models import Favorite, Follow, VideoLike
from eduvideo.study.models import WatchProgress
from eduvideo.study.services import save_progress
from tests.factories.accounts import an_organization
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db

LISTS = ("/me/history", "/me/favorites", "/me/following", "/me/following/creators")


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def shown(html: str) -> list[str]:
    return re.findall(r'<a class="card-link" href="/watch/(\w+)"', html)


def with_everything(person: User, video: Video) -> Video:
    """Let somebody have watched and saved a lesson, and follow its creator."""
    save_progress(video, user=person, position_ms=20_000)
    Favorite.objects.create(user=person, video=video)
    Follow.objects.create(user=person, creator=video.owner)
    return video


def test_the_newest_is_first_and_history_tells_how_far() -> None:
    person = a_person()
    first, last = (with_everything(person, a_video(title=title)) for title in ("First", "Last"))
    client = asking(person)
    for path in LISTS[:3]:
        assert shown(text_of(client, path)) == [last.public_id, first.public_id]
    save_progress(first, user=person, position_ms=30_000)
    history = text_of(client, "/me/history")
    assert shown(history) == [first.public_id, last.public_id]
    assert '<progress class="seen" max="60000" value="30000"' in history


def test_what_one_may_not_watch_any_more_is_in_no_list() -> None:
    member = a_person()
    school = an_organization(student=member)
    theirs = with_everything(
        member, a_video(visibility=Visibility.ORGANIZATION, organization=school, title="For members")
    )
    for visibility, state in (
        (Visibility.ORGANIZATION, VideoState.PUBLISHED),
        (Visibility.EMBED, VideoState.PUBLISHED),
        (Visibility.PUBLIC, VideoState.DRAFT),
        (Visibility.PUBLIC, VideoState.WITHDRAWN),
    ):
        with_everything(member, a_video(visibility=visibility, state=state, title="Hidden"))
    client = asking(member)
    for path in LISTS[:2]:
        assert shown(text_of(client, path)) == [theirs.public_id]
    assert shown(text_of(client, "/me/following")) == []  # what only members find is on their organization's page


def test_forms_take_single_ones_out_and_all_of_the_history_when_asked_twice() -> None:
    person, other = a_person(), a_person()
    video, second = with_everything(person, a_video()), with_everything(person, a_video())
    with_everything(other, video)
    client = asking(person)
    client.post("/me/history/remove", {"video": video.public_id})
    client.post(f"/watch/{video.public_id}/favorite", {"on": "0", "from_list": "1"})
    client.post(f"/creator/{video.owner.public_id}/follow", {"on": "0", "from_list": "1"})
    for path in LISTS[:3]:
        assert shown(text_of(client, path)) == [second.public_id]
    asked = client.post("/me/history/clear")
    assert "Forget everything that you have watched?" in asked.content.decode()
    assert WatchProgress.objects.filter(user=person).count() == 1
    client.post("/me/history/clear", {"confirmed": "1"})
    assert [row.user for row in WatchProgress.objects.all()] == [other]


def test_buttons_work_without_script_and_lead_the_anonymous_to_sign_in() -> None:
    video = a_video()
    page = f"/watch/{video.public_id}"
    signed_out = text_of(asking(None), page)
    assert signed_out.count(f'class="button quiet small toggle" href="/accounts/login/?next={page}"') == 3
    client = asking(a_person())
    for what, model in (("like", VideoLike), ("favorite", Favorite)):
        assert client.post(f"{page}/{what}", {"on": "1"}).headers["Location"] == page
        assert model.objects.count() == 1
        assert asking(None).post(f"{page}/{what}", {"on": "1"}).headers["Location"].startswith("/accounts/login/")
    html = text_of(client, page)
    assert html.count('aria-pressed="true"') - html.count('name="language"') // 2 == 2
    client.post(f"{page}/like", {"on": "0"})
    assert not VideoLike.objects.exists()
    hidden = a_video(visibility=Visibility.ORGANIZATION)
    assert client.post(f"/watch/{hidden.public_id}/like", {"on": "1"}).status_code == 404


@pytest.mark.parametrize("path", LISTS)
def test_queries_stay_the_same_and_pages_go_on(path: str) -> None:
    person = a_person()
    with_everything(person, a_video())
    client = asking(person)
    counts = []
    for more in (0, 19):
        for _ in range(more):
            with_everything(person, a_video())
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            text_of(client, path)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 6
    for _ in range(10):
        with_everything(person, a_video())
    following = re.search(r'href="(\?cursor=[^"]+)"', text_of(client, path))
    assert following
    rest = text_of(client, path + following[1])
    assert len(re.findall(r"/creator/\w+\"", rest)) > 5
    assert asking(None).get(path).headers["Location"].startswith("/accounts/login/")
    assert client.get(f"{path}?cursor=nonsense").status_code == 422


def test_home_has_a_shelf_of_those_whom_one_follows() -> None:
    person, video = a_person(), a_video(title="Halves")
    client = asking(person)
    assert "From creators you follow" not in text_of(client, "/")
    Follow.objects.create(user=person, creator=video.owner)
    a_video(owner=video.owner, visibility=Visibility.ORGANIZATION, title="Secret")
    save_progress(video, user=person, position_ms=20_000)
    text_of(client, "/")
    with CaptureQueriesContext(connection) as queries:
        html = text_of(client, "/")
    assert len(queries) <= 8
    shelf = html[html.index('id="followed"') :].partition("</section>")[0]
    assert shown(shelf) == [video.public_id]
    assert "Secret" not in html
