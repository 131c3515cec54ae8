"""Who wrote a danmaku, without saying who: keys that group one author's danmaku within one video only."""

import hashlib
import hmac
from functools import cache

from django.conf import settings

KEY_LENGTH = 16


def author_key(video_pk: int, author: str) -> str:
    """Return 64 bits that are the same for all danmaku of an author on this video, and tell nothing elsewhere.

    `author` is "user:<pk>", or what an imported file says of its author.
    """
    return hmac.new(_salt(), f"{video_pk}:{author}".encode(), hashlib.sha256).hexdigest()[:KEY_LENGTH]


@cache
def _salt() -> bytes:
    return hashlib.sha256(f"danmaku.author:{settings.SECRET_KEY}".encode()).digest()
