"""The numbers of a video's danmaku: without two alike, and visible in their order."""

from django.db.models import F

from eduvideo.danmaku.models import DanmakuCounter


def take_seq(video_pk: int, *, count: int = 1) -> int:
    """Take `count` numbers and return the last one; call it in the transaction that uses them.

    The UPDATE keeps the row locked until the commit, on every database, so nobody can commit a later number earlier.
    """
    counter = DanmakuCounter.objects.filter(video=video_pk)
    taken = counter.update(last_seq=F("last_seq") + count)
    if not taken:
        DanmakuCounter.objects.bulk_create([DanmakuCounter(video_id=video_pk)], ignore_conflicts=True)
        counter.update(last_seq=F("last_seq") + count)
    return counter.values_list("last_seq", flat=True).get()
