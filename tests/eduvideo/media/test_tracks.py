import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eduvideo.media.captioning import delete_captions, put_captions
from eduvideo.media.models import Asset
from eduvideo.media.queries import caption_tracks
from eduvideo.media.tracks import caption_columns, captions_in, cues_at
from tests.factories.catalog import a_video

pytestmark = pytest.mark.django_db


def webvtt(text: str) -> str:
    return f"WEBVTT\n\n00:00.000 --> 00:02.000\n{text}\n"


def test_captions_come_in_the_order_of_their_languages_without_their_cues() -> None:
    asset, other = a_video().asset, a_video().asset
    for language, label in (("zh-Hans", "中文"), ("en", ""), ("de", "Deutsch")):
        put_captions(asset, language=language, text=webvtt(language), label=label)
    rows = {row["public_id"]: row for row in Asset.objects.values("public_id", **caption_columns("pk"))}
    found = captions_in(rows[asset.public_id])
    assert found == caption_tracks(asset)
    assert [(track.language, track.label) for track in found] == [("de", "Deutsch"), ("en", ""), ("zh-Hans", "中文")]
    assert captions_in(rows[other.public_id]) == []
    with CaptureQueriesContext(connection) as queries:
        assert found[1].object_key == caption_tracks(asset)[1].object_key
    assert len(queries) == 1  # of the right side
    assert found[0].cues == [[0, 2000, "de"]]  # asked for when it is needed


def test_cues_are_of_one_revision() -> None:
    asset = a_video().asset
    first = put_captions(asset, language="en", text=webvtt("first"))
    assert cues_at(first.pk, object_key=first.object_key) == [(0, 2000, "first")]
    second = put_captions(asset, language="en", text=webvtt("second"))
    assert cues_at(first.pk, object_key=first.object_key) == []
    assert cues_at(second.pk, object_key=second.object_key) == [(0, 2000, "second")]
    delete_captions(asset, language="en")
    assert cues_at(second.pk, object_key=second.object_key) == []
