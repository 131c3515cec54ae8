"""What people do with lessons and their creators by one press: like, keep, follow. Each again is once.

The caller has fetched the lesson through catalog.access, so nobody reacts to what they may not see.
"""

from django.db.models import Model
from django.utils.translation import gettext as _

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.community.models import Favorite, Follow, VideoLike
from eduvideo.core.errors import ForbiddenError


def like_video(video: Video, *, by: User) -> None:
    _add(VideoLike(video=video, user=by))


def unlike_video(video: Video, *, by: User) -> None:
    VideoLike.objects.filter(video=video, user=by).delete()


def keep_video(video: Video, *, by: User) -> None:
    """Put a lesson among somebody's favorites."""
    _add(Favorite(video=video, user=by))


def drop_video(video: Video, *, by: User) -> None:
    """Take a lesson out of somebody's favorites."""
    Favorite.objects.filter(video=video, user=by).delete()


def follow_creator(creator: User, *, by: User) -> None:
    """Show somebody what a creator publishes; raises ForbiddenError for oneself."""
    if creator.pk == by.pk:
        raise ForbiddenError(_("You cannot follow yourself."))
    _add(Follow(creator=creator, user=by))


def unfollow_creator(creator: User, *, by: User) -> None:
    Follow.objects.filter(creator=creator, user=by).delete()


def _add(row: Model) -> None:
    """Add a row that may be there already. One query, also for two requests at once."""
    type(row)._default_manager.bulk_create([row], ignore_conflicts=True)  # noqa: SLF001 - the documented name of it
