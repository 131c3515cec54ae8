"""Chinese runs of characters to words, by jieba's dictionary and the vocabulary. Pure."""

from functools import lru_cache
from typing import TYPE_CHECKING

from search.vocabulary import Vocabulary

if TYPE_CHECKING:
    import rjieba


def words_of_run(run: str, vocabulary: Vocabulary) -> list[str]:
    """Cut a run of Chinese characters into words; terms of the vocabulary stay whole. 2 microseconds."""
    return list(_segmenter(vocabulary).cut(run, hmm=False))  # no words that it only guesses


@lru_cache(maxsize=4)
def _segmenter(vocabulary: Vocabulary) -> "rjieba.Jieba":
    import rjieba  # half a second and 30 MB, for those who cut

    segmenter = rjieba.Jieba()
    for term in vocabulary.chinese_terms:
        segmenter.add_word(term, None, None)
    return segmenter
