"""Chinese titles by their sounds: what is stored for a title, and what of a question may be pinyin. Pure.

Stored are the syllables of each run of characters (`jiao_`), their pairs (`jiao_han`) and the pairs of their initials
(`_jh`), so that sanjiaohanshu, hanshu and sjhs find 三角函数. No word of a text looks like one of these.
"""

import unicodedata
from functools import cache, lru_cache
from itertools import pairwise

from search.analysis import is_han, normalize, runs
from search.segmentation import words_of_run
from search.vocabulary import seed_vocabulary

MAX_SYLLABLES = 24
LONGEST = 6  # letters of a syllable
MIN_INITIALS = 2
MAX_INITIALS = 12
VOWELS = frozenset("aeiouv")
_STARTS = frozenset("abcdefghjklmnopqrstwxyz")  # no syllable begins with i, u or v


def pinyin_tokens(title: str) -> list[str]:
    """Return the tokens of a title's sounds, in the order of its characters."""
    tokens: list[str] = []
    for run in runs(normalize(title)):
        if is_han(run):
            sounds = _sounds(run)
            tokens += (f"{sound}_" for sound in sounds)
            tokens += (f"{first}_{second}" for first, second in pairwise(sounds))
            tokens += (f"_{first[0]}{second[0]}" for first, second in pairwise(sounds))
    return tokens


def spelled(word: str) -> str:
    """Return the pinyin of a Chinese word in one piece, to compare words that sound alike."""
    return "".join(_sounds(word))


def syllable_tokens(run: str) -> tuple[str, ...]:
    """Return what a title must hold where a run of Latin letters is pinyin in full; nothing where it is not."""
    sounds = _syllables(run)
    if len(sounds) == 1:
        return (f"{sounds[0]}_",)
    return tuple(dict.fromkeys(f"{first}_{second}" for first, second in pairwise(sounds)))


def initial_tokens(run: str) -> tuple[str, ...]:
    """Return what a title must hold where a run of Latin letters is the initials of pinyin; nothing where it is not.

    With more vowels than one of five letters it is a word.
    """
    if not MIN_INITIALS <= len(run) <= MAX_INITIALS or not _STARTS.issuperset(run):
        return ()
    if 5 * sum(letter in VOWELS for letter in run) > len(run):
        return ()
    return tuple(dict.fromkeys(f"_{first}{second}" for first, second in pairwise(run)))


def syllables_and_rest(letters: str) -> tuple[tuple[str, ...], str]:
    """Cut what is being typed into whole syllables and the beginning of one more; nothing where it is no pinyin."""
    for end in range(len(letters), max(0, len(letters) - LONGEST), -1):
        rest = letters[end:]
        if (sounds := _syllables(letters[:end])) and any(known.startswith(rest) for known in _known_syllables()):
            return sounds, rest
    return (), ""


def _sounds(run: str) -> list[str]:
    return [sound for word in words_of_run(run, seed_vocabulary()) for sound in _word_sounds(word)]


@lru_cache(maxsize=20_000)
def _word_sounds(word: str) -> tuple[str, ...]:
    """Return the syllables of a word, which tells how characters of several sounds are said in it."""
    from pypinyin import lazy_pinyin

    return tuple(sound for sound in lazy_pinyin(word, errors="ignore") if sound.isascii() and sound.isalpha())


@lru_cache(maxsize=10_000)
def _syllables(run: str) -> tuple[str, ...]:
    """Cut letters into syllables, the longest first and back again where the rest is none."""
    known = _known_syllables()
    if not run.isascii() or not run.isalpha() or len(run) > MAX_SYLLABLES * LONGEST:
        return ()
    ends: list[tuple[str, ...] | None] = [None] * len(run) + [()]
    for start in range(len(run) - 1, -1, -1):
        for end in range(min(len(run), start + LONGEST), start, -1):
            rest = ends[end]
            if rest is not None and run[start:end] in known and len(rest) < MAX_SYLLABLES:
                ends[start] = (run[start:end], *rest)
                break
    return ends[0] or ()


@cache
def _known_syllables() -> frozenset[str]:
    from pypinyin.constants import PINYIN_DICT

    marked = {sound for sounds in PINYIN_DICT.values() for sound in sounds.split(",")}
    apart = (unicodedata.normalize("NFD", sound).replace("u\u0308", "v") for sound in marked)
    plain = {"".join(filter(str.isalpha, sound)) for sound in apart}
    return frozenset(sound for sound in plain if sound.isascii() and (VOWELS & set(sound)))
