"""A made-up platform of lessons and what its students ask, after what is known of real ones.

Words are real: those of the passages that others judged (EDUVIDEO_FIXTURES), the most frequent first, then those of the
dictionary. They are as frequent as in any language: the word of rank r comes in proportion to 1 / (r + 2) (Zipf and
Mandelbrot), which fits the passages from the third word on. Texts are put together word by word, half of the words from
the few that usually follow the one before: so the number of different tokens grows with the length of the texts as it
does in the passages (15,600 pairs of characters in 30,000 where they have 14,800; 5,450 English words where they have
5,270). No sentence is said twice, so that nothing is gained by remembering one.

A lesson has a topic, a term of the school vocabulary, some of which are far more taught than others; one word in eight
of what is said is of the topic's own. It has about two kilobytes of captions, a description and two chapters; six of
ten are in Chinese. Fifteen kinds of questions come equally often, the worst ones too: the most frequent words, a single
character, a whole sentence, whole titles.
"""

import os
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import accumulate
from pathlib import Path

import opencc
from pypinyin import lazy_pinyin

from search import dictionary
from search.analysis import is_han, normalize, runs
from search.documents import Cue, Document, Mark, read_documents
from search.query import Query
from search.segmentation import words_of_run
from search.vocabulary import seed_vocabulary

FIXTURES = Path(os.environ.get("EDUVIDEO_FIXTURES", Path(__file__).parents[3] / "shared" / "fixtures"))
WORDS = 30_000  # of each language
CHINESE_SHARE = 0.6
SAID = {"zh": 380, "en": 290}  # words of a lesson's captions, about 1.7 kB
LINE = 10  # words of one caption
DESCRIBED = 25
USUAL_SHARE, USUAL_WORDS = 1 / 2, 3
TOPIC_SHARE, TOPIC_WORDS, TOPIC_RANKS = 1 / 8, 12, (100, 8000)
GRADES = (*map(str, range(1, 13)), "k", "undergraduate", "postgraduate", "adult")
SCHOOLS = 2000
_LATIN = re.compile(r"[a-z']{2,}")


@dataclass(frozen=True)
class Language:
    """Words, the most frequent first, with their weights added up."""

    words: list[str]
    weights: list[float]
    space: str
    stop: str
    usual: dict[str, list[str]] = field(default_factory=dict)  # what follows a word, by word

    def said(self, chance: random.Random, count: int, own: Sequence[str]) -> list[str]:
        """Return words one after the other, some of them of a topic, some that usually follow the one before."""
        said: list[str] = []
        before = own[0]
        for word in chance.choices(self.words, cum_weights=self.weights, k=count):
            if (kind := chance.random()) < TOPIC_SHARE:
                before = chance.choice(own)
            elif kind < TOPIC_SHARE + USUAL_SHARE:
                before = chance.choice(self._usual(before))
            else:
                before = word
            said.append(before)
        return said

    def _usual(self, before: str) -> list[str]:
        if before not in self.usual:
            self.usual[before] = random.Random(before).choices(self.words, cum_weights=self.weights, k=USUAL_WORDS)
        return self.usual[before]

    def written(self, words: Sequence[str]) -> str:
        return self.space.join(words) + self.stop


@dataclass(frozen=True)
class Topic:
    """What a lesson may be about: its names by language, and from which rank on it has words of its own."""

    subject: str
    terms: dict[str, list[str]]
    rank: int


def lessons(count: int, *, seed: int = 1) -> Iterator[Document]:
    """Yield lessons, the same ones for a seed."""
    chance = random.Random(seed)
    topics = _topics()
    weights = [*accumulate(1 / (rank + 2) for rank in range(len(topics)))]
    for number in range(count):
        name = "zh" if chance.random() < CHINESE_SHARE else "en"
        topic = chance.choices(topics, cum_weights=weights)[0]
        yield _lesson(number, name, topic, chance)


def questions(each: int, *, seed: int = 2) -> Iterator[tuple[str, Query]]:
    """Yield questions with their kind, so many of each; half of them narrowed to a subject, by a learner of a grade."""
    chance = random.Random(seed)
    titles = [document.title for document in lessons(20 * each, seed=seed)]
    for number in range(each):
        for kind, text in _questions(number, chance, titles).items():
            narrowed = chance.choice([None, "mathematics", "physics"])
            yield kind, Query(text=text, subject=narrowed, prefer_grade=chance.choice(GRADES), prefer_language="zh")


def texts_of(document: Document) -> list[str]:
    return [
        document.title, document.description, *(cue.text for cue in document.captions),
        *(mark.title for mark in document.chapters),
    ]  # fmt: skip


def _lesson(number: int, name: str, topic: Topic, chance: random.Random) -> Document:
    language = _languages()[name]
    term = chance.choice(topic.terms[name])
    own = [term, *language.words[topic.rank : topic.rank + TOPIC_WORDS]]
    said = language.said(chance, SAID[name], own)
    lines = [language.written(said[at : at + LINE]) for at in range(0, len(said), LINE)]
    title = chance.sample([term, *chance.sample(own[1:], 2)], 3) if chance.random() < 0.7 else [term, str(number % 50)]
    return Document(
        id=f"lesson-{number}",
        title=language.space.join(title),
        description=language.written(language.said(chance, DESCRIBED, own)),
        subject=topic.subject,
        grade=chance.choice(GRADES),
        language=name,
        creator=f"school-{chance.randrange(SCHOOLS)}",
        captions=tuple(Cue(start_ms=at * 6000, end_ms=at * 6000 + 5500, text=line) for at, line in enumerate(lines)),
        chapters=tuple(Mark(start_ms=at * 90_000, title=chance.choice(own)) for at in range(2)),
        duration_s=chance.choice([120, 600, 2400]),
        popularity=chance.random(),
        published_s=1_700_000_000 + chance.randrange(60_000_000),
    )


def _questions(number: int, chance: random.Random, titles: list[str]) -> dict[str, str]:
    """Return one question of each kind."""
    zh, en = _languages()["zh"], _languages()["en"]
    topics = _topics()
    terms = chance.choice(topics).terms
    long = chance.choice([term for topic in topics for term in topic.terms["zh"] if len(term) > 2])
    other = chance.choice([term for topic in topics for term in topic.terms["en"] if term.isalpha() and len(term) > 6])
    cut = chance.randrange(1, len(long) - 1)
    at = chance.randrange(1, len(other) - 1)
    pairs = [word for word in zh.words[:2000] if len(word) == 2]
    return {
        "a frequent Chinese word of two": pairs[number],
        "a Chinese word of two": chance.choice(pairs),
        "a single character": chance.choice([word for word in zh.words[20:800] if len(word) == 1]),
        "a frequent English word": en.words[30 + number],
        "two English words": " ".join(chance.sample(en.words[100:2000], 2)),
        "a Chinese term": long,
        "an English term": chance.choice(terms["en"]),
        "a title": chance.choice(titles),
        "two Chinese words": " ".join(chance.sample(pairs, 2)),
        "a Chinese sentence": "".join(zh.said(chance, 8, terms["zh"])),
        "an English sentence": " ".join(["how do", *en.said(chance, 8, terms["en"])]),
        "a grade and a subject": f"{chance.choice(['初二物理', '高一数学', '三年级'])}{long}",
        "traditional script": opencc.OpenCC("s2t").convert(long),
        "a typing error": other[:at] + other[at + 1 :] if number % 2 else long[:cut] + long[cut + 1 :],
        "pinyin": "".join(lazy_pinyin(long)) if number % 2 else "".join(sound[0] for sound in lazy_pinyin(long)),
    }


@cache
def _topics() -> list[Topic]:
    """Return the groups of the school vocabulary that have terms of both languages, in an order of chance."""
    rows = files("search").joinpath("vocabulary.tsv").read_text(encoding="utf-8").splitlines()
    found, chance = [], random.Random(3)
    for row in rows:
        subject, _tab, group = row.partition("\t")
        terms = [term.strip() for term in group.split(";")]
        by_language = {"zh": [term for term in terms if is_han(term)], "en": [term for term in terms if term.isascii()]}
        if not row.startswith("#") and all(by_language.values()):
            found.append(Topic(subject, by_language, chance.randrange(*TOPIC_RANKS)))
    chance.shuffle(found)
    return found


@cache
def _languages() -> dict[str, Language]:
    return {"zh": _language(_chinese(), "", "，"), "en": _language(_english(), " ", ",")}


def _language(words: Iterator[str], space: str, stop: str) -> Language:
    first = list(dict.fromkeys(words))[:WORDS]
    return Language(first, [*accumulate(1 / (rank + 2) for rank in range(len(first)))], space, stop)


def _chinese() -> Iterator[str]:
    passages = normalize("\n".join(_passages("zh")))
    counts = Counter(word for run in runs(passages) if is_han(run) for word in words_of_run(run, seed_vocabulary()))
    yield from (word for word, _count in counts.most_common())
    yield from _shuffled([word for word in dictionary._by_word() if 1 < len(word) < 5 and is_han(word)])


def _english() -> Iterator[str]:
    counts = Counter(_LATIN.findall("\n".join(_passages("en")).lower()))
    yield from (word for word, _count in counts.most_common())
    said = {word for meanings in dictionary._by_word().values() for word in _LATIN.findall(meanings)}
    yield from _shuffled(sorted(said))


def _shuffled(words: list[str]) -> list[str]:
    random.Random(4).shuffle(words)
    return words


def _passages(language: str) -> list[str]:
    path = FIXTURES / "relevance" / f"passages-{language}.docs.jsonl"
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as lines:
        return [document.description for document in read_documents(lines)]
