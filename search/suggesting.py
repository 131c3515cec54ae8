"""What somebody who types may want: titles and words that continue the text, by letters, characters or pinyin. Pure."""

from dataclasses import dataclass
from itertools import pairwise

from search.analysis import folded_title, han_tokens, is_han, normalize, runs
from search.pinyin import initial_tokens, pinyin_tokens, syllables_and_rest

CANDIDATES = 200  # titles that an engine gives to choose from
MAX_WORDS = 3


@dataclass(frozen=True, slots=True)
class Typed:
    """Tokens that a title has, and the beginning of one more ("" for none)."""

    tokens: tuple[str, ...]
    prefix: str = ""


def typed_tokens(title: str) -> list[str]:
    """Return the tokens by which a title is suggested: its words as they are, its characters, its sounds."""
    tokens: list[str] = []
    for run in runs(normalize(title)):
        if is_han(run):
            tokens += [*han_tokens(run), *run]
        else:
            tokens.append(run)
    return list(dict.fromkeys([*tokens, *pinyin_tokens(title)]))


def typed_of(text: str) -> tuple[Typed, ...]:
    """Return the ways a title may hold what was typed so far: as letters and characters, as pinyin, as its initials."""
    found = runs(folded_title(text))
    if not found:
        return ()
    *before, last = found
    known = tuple(token for run in before for token in (han_tokens(run) if is_han(run) else (run,)))
    if is_han(last):
        return (Typed((*known, *han_tokens(last))),)
    ways = [Typed(known, last)]
    letters = "".join(found)
    if letters.isascii() and letters.isalpha():
        sounds, rest = syllables_and_rest(letters)
        pairs = tuple(f"{first}_{second}" for first, second in pairwise(sounds))
        if sounds:
            ways.append(
                Typed(pairs or ((f"{sounds[0]}_",) if not rest else ()), f"{sounds[-1]}_{rest}" if rest else "")
            )
        if pairs_of_initials := initial_tokens(letters):
            ways.append(Typed(pairs_of_initials))
    return tuple(ways)


def ordered(titles: list[str], text: str, *, limit: int) -> list[str]:
    """Return each title once: those that begin with the text, those that hold it, then others; shorter ones first."""
    typed = folded_title(text)
    by_folded: dict[str, str] = {}
    for title in sorted(titles, reverse=True):  # of equal ones, that with fewer capitals
        by_folded.setdefault(folded_title(title), title)

    def order(folded: str) -> tuple[int, int, str]:
        return (0 if folded.startswith(typed) else 1 if typed in folded else 2, len(folded), folded)

    return [by_folded[folded] for folded in sorted(by_folded, key=order)[:limit]]
