"""Changes of a lesson that was read before another request changed it, too."""

import pytest

from eduvideo.accounts.models import Role, User
from eduvideo.catalog import services
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.catalog.services import VideoChanges
from eduvideo.core.errors import InvalidInputError
from eduvideo.media.models import Asset
from tests.factories.accounts import an_organization
from tests.factories.catalog import a_video
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def creator() -> User:
    return a_person(Role.CREATOR)


def read(video: Video) -> Video:
    """Return a video as another request has it."""
    return Video.objects.select_related("asset", "organization", "owner").get(pk=video.pk)


def test_one_that_was_withdrawn_meanwhile_is_not_shown_again(creator: User) -> None:
    video = a_video(owner=creator, visibility=Visibility.UNLISTED)
    services.withdraw_video(read(video), by=a_person(Role.STAFF))
    services.update_video(video, by=creator, changes=VideoChanges(visibility="public"))
    assert (video.state, Asset.objects.get().is_public) == (VideoState.WITHDRAWN, False)


def test_one_that_was_opened_to_an_organization_meanwhile_keeps_it(creator: User) -> None:
    school = an_organization(teacher=creator)
    video = a_video(owner=creator, organization=school)
    services.update_video(read(video), by=creator, changes=VideoChanges(visibility="organization"))
    with pytest.raises(InvalidInputError):
        services.update_video(video, by=creator, changes=VideoChanges(organization=""))
    assert read(video).organization == school
