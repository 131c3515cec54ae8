"""What a question asks for: its words, what else they may be called, and where to look. Pure.

A Chinese run is cut into words by jieba's dictionary and the vocabulary; a word is wanted whole, but not where it
stands beside the next. Other names of a word come from the vocabulary, then from the dictionary of the other language;
a word of Latin letters may be pinyin; a word that no lesson has may be mistyped.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from itertools import groupby, pairwise

from search import dictionary
from search.analysis import MAX_QUERY_CHARACTERS, han_tokens, is_han, normalize, runs, stem, word_tokens
from search.pinyin import initial_tokens, spelled, syllable_tokens
from search.segmentation import words_of_run
from search.spelling import Lexicon, Similar
from search.vocabulary import MAX_WORDS, Key, Vocabulary, singular, term_key

# More concepts than this are a passage, not a question; the rest adds time and no precision.
MAX_CONCEPTS = 32
MAX_TOKENS = 64
MAX_ALTERNATIVES = 8
AS_TYPED, SAME, SOUND, MISTYPED, INITIALS, TRANSLATED, RELATED = 1.0, 0.95, 0.8, 0.8, 0.7, 0.6, 0.6


def _read_words(name: str) -> frozenset[str]:
    return frozenset(files("search").joinpath(name).read_text(encoding="utf-8").split())


# Words that say nothing about a lesson's subject; a question need not find them, a document keeps them.
STOP_WORDS = _read_words("stop_words.txt")
# Words of teaching, which so many lessons have that they tell little of them.
TEACHING_WORDS = frozenset(word if is_han(word) else stem(word) for word in _read_words("teaching_words.txt"))
TEACHING_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to hold a concept: all of these tokens, in the texts or among the sounds of the titles."""

    tokens: tuple[str, ...]
    weight: float
    is_sound: bool = False


@dataclass(frozen=True, slots=True)
class Concept:
    """A word of the question with everything that may stand for it, the word itself first."""

    text: str
    alternatives: tuple[Alternative, ...]
    weight: float = 1.0

    @property
    def is_telling(self) -> bool:
        """Tell whether a lesson has to hold it: a word of teaching or a single Chinese character says too little."""
        own = self.alternatives[0].tokens
        return self.weight >= 1 and (len(own) > 1 or len(own[0]) > 1 or not is_han(own[0]))


@dataclass(frozen=True, slots=True)
class Understanding:
    """The concepts of a question, and the question with its errors corrected ("" where none was seen).

    `joints` are the pairs of characters where one Chinese word meets the next: nobody has to hold them.
    """

    concepts: tuple[Concept, ...]
    joints: tuple[str, ...]
    corrected: str


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the question.

    `parts` are what it is made of where it is none by itself, `meant` what it may be, `relatives` are of its family.
    """

    key: Key
    parts: tuple[str, ...] = ()
    meant: tuple[str, ...] = ()
    relatives: tuple[str, ...] = ()


def understand(
    text: str, *, vocabulary: Vocabulary, lexicon: Lexicon, exists: Callable[[str], bool] = lambda _token: False
) -> Understanding:
    """Return what a question asks for, each word once; stop words only where there is nothing else.

    `exists` tells of a token whether any text has it, so that the word is not taken to be mistyped.
    """
    words = _words(text, vocabulary, lexicon, exists)
    kept = [word for word in words if not (len(word.key) == 1 and word.key[0] in STOP_WORDS)] or words
    concepts: list[Concept] = []
    room = MAX_TOKENS
    for word in list(dict.fromkeys(kept))[:MAX_CONCEPTS]:
        concept = _concept(word, vocabulary)
        room -= len(concept.alternatives[0].tokens)
        if room < 0 and concepts:
            break
        concepts.append(concept)
    corrected = _written([word.meant[0] if word.meant else " ".join(word.key) for word in words])
    own = {token for concept in concepts for token in concept.alternatives[0].tokens}
    joints = (pair for run in runs(normalize(text[:MAX_QUERY_CHARACTERS])) if is_han(run) for pair in han_tokens(run))
    return Understanding(
        concepts=tuple(concepts),
        joints=tuple(dict.fromkeys(pair for pair in joints if pair not in own))[:MAX_TOKENS],
        corrected=corrected if any(word.meant for word in words) else "",
    )


def _words(text: str, vocabulary: Vocabulary, lexicon: Lexicon, exists: Callable[[str], bool]) -> list[_Word]:
    """Return the words of a question in order."""
    found: list[_Word] = []
    latin: list[str] = []
    for run in [*runs(normalize(text[:MAX_QUERY_CHARACTERS])), ""]:
        if run and not is_han(run):
            latin.append(run)
            continue
        found += _latin_words(latin, vocabulary, lexicon, exists)
        latin = []
        if run:
            found += _han_words(run, vocabulary, lexicon)
    return found


def _latin_words(
    words: list[str], vocabulary: Vocabulary, lexicon: Lexicon, exists: Callable[[str], bool]
) -> list[_Word]:
    """Put Latin words that are one term of the vocabulary together; look for what a mistyped one may mean."""
    found: list[_Word] = []
    at = 0
    while at < len(words):
        length = next(
            length
            for length in range(min(MAX_WORDS, len(words) - at), 0, -1)
            if length == 1 or vocabulary.knows(tuple(singular(word) for word in words[at : at + length]))
        )
        key = tuple(words[at : at + length])
        meant = lexicon.similar_words(key[0]) if length == 1 and not syllable_tokens(key[0]) else []
        if meant and exists(stem(key[0])):
            meant = []
        relatives = lexicon.relatives(key[0]) if length == 1 else []
        found.append(_Word(key, meant=tuple(meant), relatives=tuple(relatives)))
        at += length
    return found


def _han_words(run: str, vocabulary: Vocabulary, lexicon: Lexicon) -> list[_Word]:
    """Cut a run into words. Single characters side by side are no words; what is near to them may be meant."""
    spans: list[tuple[int, str]] = []
    at = 0
    for word in words_of_run(run, vocabulary):
        spans.append((at, word))
        at += len(word)
    singles = [start for start, word in spans if _is_single(word)]
    near = lexicon.similar_terms(run) if singles else []
    near = [term for term in near if any(term.start <= start < term.end for start in singles)]

    def together(span: tuple[int, str]) -> object:
        """Return the same for neighbours that are one word."""
        start, word = span
        similar = next((near_by for near_by in near if start < near_by.end and start + len(word) > near_by.start), None)
        return similar or ("single" if _is_single(word) else start)

    found: list[_Word] = []
    for label, group in groupby(spans, together):
        parts = tuple(word for _start, word in group)
        meant = (label.term,) if isinstance(label, Similar) else ()
        found.append(_Word(("".join(parts),), parts if len(parts) > 1 else (), meant))
    return found


def _written(words: list[str]) -> str:
    """Return words as a text is written: with a space between them, but none between Chinese ones."""
    text = words[0] if words else ""
    for before, word in pairwise(words):
        text += word if is_han(before[-1]) and is_han(word) else f" {word}"
    return text


def _is_single(word: str) -> bool:
    return len(word) == 1 and word not in STOP_WORDS


def _concept(word: _Word, vocabulary: Vocabulary) -> Concept:
    """Return a word with what may stand for it, the likeliest first and itself before all."""
    found: dict[tuple[tuple[str, ...], bool], float] = {}
    own = _telling(_tokens_of(word.parts or word.key))
    for tokens, weight, is_sound in [(own, AS_TYPED, False), *_others(word, vocabulary)]:
        if tokens and len(found) < MAX_ALTERNATIVES:
            found.setdefault((tokens, is_sound), weight)
    best_first = sorted(found.items(), key=lambda row: -row[1])
    alternatives = tuple(Alternative(tokens, weight, is_sound) for (tokens, is_sound), weight in best_first)
    is_teaching = "".join(word.key) in TEACHING_WORDS or (len(own) == 1 and own[0] in TEACHING_WORDS)
    return Concept(" ".join(word.key), alternatives, TEACHING_WEIGHT if is_teaching else 1.0)


def _others(word: _Word, vocabulary: Vocabulary) -> Iterator[tuple[tuple[str, ...], float, bool]]:
    """Yield what else may stand for a word: what it means, is called elsewhere, or sounds like."""
    key, plain = word.key, tuple(singular(part) for part in word.key)
    for term in word.meant:
        yield _tokens_of(tuple(runs(normalize(term)))), MISTYPED, False
    for other in vocabulary.same_as(term_key(word.meant[0]) if word.meant else plain):
        weight = SAME if is_han(other) == is_han(key[0]) else TRANSLATED
        yield _tokens_of(tuple(runs(normalize(other)))), weight, False
    if is_han(key[0]):
        if len(word.parts) > 1:
            yield syllable_tokens(spelled(key[0])), SOUND, True
        for meaning in dictionary.meanings(key[0]) if len(key[0]) > 1 else ():
            yield _tokens_of(meaning), TRANSLATED, False
        return
    names = dictionary.words_for(" ".join(key)) or dictionary.words_for(" ".join(plain))
    yield from ((han_tokens(name), TRANSLATED, False) for name in names)
    yield from (((stem(relative),), RELATED, False) for relative in word.relatives)
    if len(key) == 1:
        yield syllable_tokens(key[0]), SOUND, True
        if not names and not vocabulary.knows(plain):
            yield initial_tokens(key[0]), INITIALS, True


def _telling(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Return tokens without single Chinese characters, where there are others."""
    return tuple(token for token in tokens if len(token) > 1 or not is_han(token)) or tokens


def _tokens_of(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return what a document must hold to hold all of these words: no stop words, where there are others."""
    tokens: dict[str, None] = {}
    for word in [word for word in words if word not in STOP_WORDS] or words:
        tokens.update(dict.fromkeys(han_tokens(word) if is_han(word) else word_tokens(word)))
    return tuple(tokens)
