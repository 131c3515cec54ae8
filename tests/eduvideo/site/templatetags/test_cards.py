from dataclasses import replace

import pytest
from django.utils import translation

from eduvideo.site.cards import Card, cards
from eduvideo.site.templatetags.cards import card_of, cards_of
from tests.factories.catalog import a_video

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def card() -> Card:
    return cards([a_video(title="<i>Halves</i>")])[0]


def test_a_card_is_rendered_once_for_what_it_shows(card: Card) -> None:
    first = card_of(card)
    assert "&lt;i&gt;Halves&lt;/i&gt;" in first
    assert card_of(replace(card)) is first


def test_another_value_or_language_gives_another_card(card: Card) -> None:
    assert "Mathematics" in card_of(card)
    with translation.override("zh-hans"):
        assert "数学" in card_of(card)
    assert "Mathematics" in card_of(card)
    card.video.title = "Thirds"
    assert "Thirds" in card_of(card)
    assert 'value="5000"' in card_of(replace(card, position_ms=5000))


def test_cards_come_one_after_another(card: Card) -> None:
    assert cards_of([card, replace(card, position_ms=30_000)]) == card_of(card) + card_of(
        replace(card, position_ms=30_000)
    )
    assert cards_of([]) == ""
