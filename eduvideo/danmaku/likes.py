"""Who likes which danmaku: counted with the like, and worth something where it is dense."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from eduvideo.accounts.models import User
from eduvideo.core.errors import ForbiddenError, NotFoundError
from eduvideo.danmaku.models import Danmaku, DanmakuLike, DanmakuState
from eduvideo.danmaku.sequence import take_seq
from eduvideo.danmaku.weight import weight_now


def like_danmaku(danmaku: Danmaku, *, by: User) -> int:
    """Like somebody else's danmaku and return how many do now; doing it again changes nothing.

    Its segment becomes another one, by its number, but viewers are not told: a count that is behind by some is no harm,
    and everyone fetching the segments for each like would be. Raises ForbiddenError for one's own, and NotFoundError
    for one that was taken off.
    """
    if danmaku.author_id == by.pk:
        raise ForbiddenError(_("You cannot like your own danmaku."))
    try:
        with transaction.atomic():
            take_seq(danmaku.video_id)
            DanmakuLike.objects.create(danmaku=danmaku, user=by)
            return _count_likes(danmaku, 1)
    except IntegrityError:  # it was liked before; and with the like, the number is given back
        return _likes_of(danmaku)


def unlike_danmaku(danmaku: Danmaku, *, by: User) -> int:
    """Take a like back and return how many are left; without a like nothing changes."""
    mine = DanmakuLike.objects.filter(danmaku=danmaku, user=by)
    if not mine.exists():
        return _likes_of(danmaku)
    with transaction.atomic():
        take_seq(danmaku.video_id)
        deleted, _by_model = mine.delete()
        return _count_likes(danmaku, -deleted)


def _count_likes(danmaku: Danmaku, more: int) -> int:
    """Add to the likes of a visible danmaku; the caller holds its video's counter, so nobody else counts meanwhile."""
    row = Danmaku.objects.filter(pk=danmaku.pk, state=DanmakuState.VISIBLE)
    found = row.values_list("own_weight", "likes", "care").first()
    if found is None:
        raise NotFoundError
    own_weight, likes = found[0], found[1] + more
    row.update(likes=likes, weight=weight_now(own_weight, likes, care=found[2]))
    return likes


def _likes_of(danmaku: Danmaku) -> int:
    return Danmaku.objects.values_list("likes", flat=True).get(pk=danmaku.pk)
