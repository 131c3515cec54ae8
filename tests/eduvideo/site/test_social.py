import re
from html import unescape

import pytest
from django.conf import settings
from django.test import Client

from eduvideo.catalog.models import Visibility
from eduvideo.media.models import Asset
from tests.factories.catalog import a_playlist, a_video

pytestmark = pytest.mark.django_db(transaction=True)

BASE = settings.EDUVIDEO.base_url
XSS = '"><script>alert(1)</script>'


def card_of(path: str) -> dict[str, str]:
    """Return the properties of a page's card; each stands there once."""
    page = Client().get(path).content.decode()
    found = re.findall(r'<meta (?:property|name)="((?:og|twitter|video):[^"]+)" content="([^"]*)">', page)
    assert len({name for name, _ in found}) == len(found)
    return {name: unescape(value) for name, value in found}


def test_a_lesson_plays_where_its_address_is_pasted() -> None:
    video = a_video(title=f"Halves {XSS}")
    video.description = "Cut\n\n  one   thing " + "in halves " * 40
    video.save()
    card = card_of(f"/watch/{video.public_id}")
    assert card["og:type"] == "video.other"
    assert card["og:title"] == card["twitter:title"] == video.title
    assert card["og:url"] == f"{BASE}/watch/{video.public_id}"
    assert card["og:description"].startswith("Cut one thing in halves")
    assert len(card["og:description"]) <= 200
    assert card["og:image"] == card["twitter:image"]
    assert card["og:image"].startswith(BASE)
    assert card["og:image"].endswith("/poster.jpg")
    assert card["twitter:card"] == "player"
    assert card["twitter:player"] == card["og:video"] == f"{BASE}/embed/video/{video.public_id}"
    assert (card["twitter:player:width"], card["twitter:player:height"]) == ("640", "360")
    assert card["video:duration"] == "60"
    assert "og:image:width" not in card


def test_the_size_of_a_chosen_poster_is_known() -> None:
    video = a_video()
    Asset.objects.update(poster_prefix="posters/x/")
    card = card_of(f"/watch/{video.public_id}")
    assert (card["og:image:width"], card["og:image:height"]) == ("1280", "720")


def test_a_playlist_shows_its_first_lesson_that_is_public() -> None:
    unlisted = a_video(visibility=Visibility.UNLISTED)
    listed = a_video(owner=unlisted.owner)
    playlist = a_playlist(unlisted, listed, title=XSS)
    card = card_of(f"/playlist/{playlist.public_id}")
    assert (card["og:type"], card["og:title"], card["og:description"]) == ("website", XSS, "From the start")
    assert str(listed.asset.public_id) in card["og:image"]
    assert card["twitter:player"] == f"{BASE}/embed/playlist/{playlist.public_id}"
    assert "og:image" not in card_of(f"/playlist/{a_playlist(unlisted).public_id}")


def test_what_is_not_public_has_none() -> None:
    video = a_video(visibility=Visibility.UNLISTED)
    assert card_of(f"/watch/{video.public_id}") == {}
    assert card_of(f"/playlist/{a_playlist(a_video(), is_published=False).public_id}") == {}


def test_it_speaks_the_language_of_the_address() -> None:
    video = a_video()
    assert card_of(f"/watch/{video.public_id}?hl=zh-hans")["og:locale"] == "zh_CN"
    assert card_of(f"/watch/{video.public_id}?hl=en")["og:locale"] == "en_US"
