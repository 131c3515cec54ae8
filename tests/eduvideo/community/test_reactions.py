import pytest
from django.test import Client

from eduvideo.accounts.models import Role, User
from eduvideo.catalog.models import VideoState, Visibility
from eduvideo.community.models import Favorite, Follow, VideoLike
from eduvideo.community.reception import reception
from tests.factories.accounts import an_organization
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db

NOTHING = {"likes": 0, "followers": 0, "comments": 0, "liked": False, "favorite": False, "following": False}


def test_each_is_done_once_and_undone_once() -> None:
    video, person = a_video(), a_person()
    path, client = f"/api/v1/videos/{video.public_id}", asking(person)
    for _ in range(2):
        assert client.put(f"{path}/like").json() == NOTHING | {"likes": 1, "liked": True}
    assert client.put(f"{path}/favorite").json()["favorite"] is True
    follow = f"/api/v1/creators/{video.owner.public_id}/follow"
    for _ in range(2):
        assert client.put(follow).json() == {"followers": 1, "following": True}
    seen = {"likes": 1, "followers": 1}
    mine = {"liked": True, "favorite": True, "following": True}
    assert client.get(f"{path}/reception").json() == NOTHING | seen | mine
    assert asking(a_person()).get(f"{path}/reception").json() == NOTHING | seen
    assert asking(None).get(f"{path}/reception").json() == NOTHING | seen
    for _ in range(2):
        client.delete(f"{path}/favorite")
        assert client.delete(follow).json() == {"followers": 0, "following": False}
        assert client.delete(f"{path}/like").json() == NOTHING


def test_a_deleted_account_takes_everything_with_it() -> None:
    video, person, other = a_video(), a_person(), a_person()
    for one in (person, other):
        for what in (f"videos/{video.public_id}/like", f"videos/{video.public_id}/favorite",
                     f"creators/{video.owner.public_id}/follow"):  # fmt: skip
            asking(one).put(f"/api/v1/{what}")
    person.delete()
    left = reception(video, viewer=other)
    assert (left.likes, left.followers, left.is_liked, left.is_kept, left.is_followed) == (1, 1, True, True, True)
    assert [model.objects.count() for model in (VideoLike, Favorite, Follow)] == [1, 1, 1]


@pytest.mark.parametrize("what", ["like", "favorite"])
def test_only_those_who_may_watch_react_and_count(what: str) -> None:
    member = a_person()
    school = an_organization(student=member)
    video = a_video(visibility=Visibility.ORGANIZATION, organization=school)
    path = f"/api/v1/videos/{video.public_id}/{what}"
    assert asking(member).put(path).status_code == 200
    for person, status in ((a_person(), 404), (None, 401)):
        assert asking(person).put(path).status_code == status
        assert asking(person).delete(path).status_code == status
        assert asking(person).get(f"/api/v1/videos/{video.public_id}/reception").status_code == 404
    assert VideoLike.objects.count() + Favorite.objects.count() == 1


def test_a_form_of_another_site_does_nothing() -> None:
    video, client = a_video(), Client(enforce_csrf_checks=True)
    client.force_login(a_person())
    for path in (f"videos/{video.public_id}/like", f"creators/{video.owner.public_id}/follow"):
        assert client.put(f"/api/v1/{path}").status_code == 403
    assert not VideoLike.objects.exists()


def test_who_may_be_followed() -> None:
    creator, student, person = a_person(Role.CREATOR), a_person(), a_person(Role.CREATOR)
    former = a_video(owner=a_person()).owner  # may not upload any more, but what there is everyone finds
    hidden = a_video(owner=a_person(), state=VideoState.DRAFT).owner
    gone = a_person(Role.CREATOR)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    answers = {
        one.public_id: asking(person).put(f"/api/v1/creators/{one.public_id}/follow").status_code
        for one in (creator, former, student, hidden, gone, person)
    }
    assert list(answers.values()) == [200, 200, 404, 404, 404, 403]
    assert asking(person).put("/api/v1/creators/%00/follow").status_code == 404
    assert asking(None).put(f"/api/v1/creators/{creator.public_id}/follow").status_code == 401
