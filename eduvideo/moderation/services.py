"""What may be said in front of a class. Whoever is refused is told why; nobody is silenced in secret."""

from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from eduvideo.core.errors import InvalidInputError
from eduvideo.moderation.blocklist import Blocklist, has_link

SHIPPED_WORDS = Path(__file__).with_name("words.txt")
OWN_WORDS = "block_words.txt"


def check_text(text: str, *, field: str) -> None:
    """Raise InvalidInputError for a link or a blocked word, with a sentence for the sender; field is the request's."""
    if has_link(text):
        raise InvalidInputError.of(field, _("Links cannot be sent here."))
    if any(words.blocks(text) for words in _blocklists()):
        raise InvalidInputError.of(field, _("This has a word that is not welcome here. Please say it differently."))


def _blocklists() -> tuple[Blocklist, Blocklist]:
    own = settings.EDUVIDEO.data_dir / OWN_WORDS
    try:
        changed_ns = own.stat().st_mtime_ns
    except FileNotFoundError:
        return _shipped(), Blocklist.of(())
    return _shipped(), _own(own, changed_ns)


@cache
def _shipped() -> Blocklist:
    return Blocklist.of(SHIPPED_WORDS.read_text(encoding="utf-8").splitlines())


@lru_cache(maxsize=1)
def _own(file: Path, changed_ns: int) -> Blocklist:  # noqa: ARG001 - the time of change is what makes it read again
    return Blocklist.of(file.read_text(encoding="utf-8", errors="replace").splitlines())
