import json

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.embedding.oembed import Kind, Rich, Target, Thumbnail, as_json, as_xml, target_of

OWN = {("edu.example", None), ("127.0.0.1", 8000)}


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://edu.example/watch/abc123", Target(Kind.VIDEO, "abc123")),
        ("http://EDU.example:80/watch/abc123/", Target(Kind.VIDEO, "abc123")),
        ("http://127.0.0.1:8000/watch/abc123?list=x&t=90#top", Target(Kind.VIDEO, "abc123", 90)),
        ("https://edu.example/embed/video/abc123?t=x", Target(Kind.VIDEO, "abc123")),
        ("https://edu.example/playlist/abc123?t=90", Target(Kind.PLAYLIST, "abc123")),
        ("https://edu.example/embed/playlist/abc123?video=d", Target(Kind.PLAYLIST, "abc123")),
    ],
)
def test_our_addresses(url: str, target: Target) -> None:
    assert target_of(url, own=OWN) == target


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example/watch/abc123", "https://edu.example.evil.org/watch/abc123", "watch/abc123", "/watch/abc123",
        "https://edu.example:8443/watch/abc123", "https://edu.example@evil.org/watch/abc123", "javascript:alert(1)",
        "ftp://edu.example/watch/abc123", "https://edu.example/watch/", "https://edu.example/watch/a%2Fb",
        "https://edu.example/watch/abc/def", "https://edu.example/studio/abc123", "https://edu.example/watch/" + "a" * 17,
        "https://[edu.example/watch/abc123", "https://edu.example:99999/watch/abc123", "",
    ],
)  # fmt: skip
def test_all_others_are_none(url: str) -> None:
    assert target_of(url, own=OWN) is None


@given(st.text())
def test_whatever_is_asked_is_answered(url: str) -> None:
    assert target_of(url, own=OWN) is None or "edu.example" in url.lower() or "127.0.0.1" in url


@given(title=st.text(), author=st.text(), with_thumbnail=st.booleans())
def test_both_forms_say_the_same(title: str, author: str, with_thumbnail: bool) -> None:
    thumbnail = Thumbnail("https://edu.example/t.jpg", 480, 270) if with_thumbnail else None
    answer = Rich(title, author, "https://edu.example", f"<iframe title='{len(title)}'></iframe>", 640, 360, thumbnail)
    fields = json.loads(as_json(answer))
    root = fromstring(as_xml(answer))
    assert root.tag == "oembed"
    assert [child.tag for child in root] == list(fields)
    written = {child.tag: child.text or "" for child in root}
    assert written["html"] == fields["html"]
    assert (fields["type"], fields["version"], fields["width"], fields["height"]) == ("video", "1.0", 640, 360)
    assert ("thumbnail_width" in fields) == ("thumbnail_url" in fields) == with_thumbnail


def test_characters_that_xml_cannot_hold_are_left_out() -> None:
    answer = Rich("a\x00\x0b<b>&\ufffe", "老师\ud800", "p", "h", 1, 1, None)
    root = fromstring(as_xml(answer))
    assert (root.findtext("title"), root.findtext("author_name")) == ("a<b>&", "老师")
