import re

import pytest
from django.conf import settings
from django.test import Client

from eduvideo.catalog.models import VideoState, Visibility
from eduvideo.site.addresses import browse_path
from tests.factories.catalog import a_playlist, a_video, asking

pytestmark = pytest.mark.django_db

BASE = settings.EDUVIDEO.base_url
CANONICAL = re.compile(r'<link rel="canonical" href="([^"]+)">')
ALTERNATE = re.compile(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">')


def head(client: Client, path: str, language: str = "en") -> str:
    page = client.get(path, headers={"Accept-Language": language}).content.decode()
    return page.partition("</head>")[0].replace("&amp;", "&")


def is_hidden(text: str) -> bool:
    """Whether engines are asked to leave a page out; one that is kept says where it lives, never both."""
    assert ("noindex" in text) is not bool(CANONICAL.search(text))
    return "noindex" in text


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("/?utm_source=x", "/"),
        ("/browse?grade=8&subject=physics", "/browse?subject=physics&grade=8"),
        ("/browse?grade=8&subject=", "/browse?grade=8"),
        ("/browse?subject=nothing", "/browse"),
        ("/watch/{id}?t=12&list=none", "/watch/{id}"),
        ("/playlist/{list}", "/playlist/{list}"),
    ],
)
def test_a_page_lives_at_one_address_for_each_language(asked: str, kept: str) -> None:
    video = a_video(subject="physics", grade="8")
    ids = {"id": video.public_id, "list": a_playlist(video).public_id}
    plain = BASE + kept.format(**ids)
    and_language = f"{plain}{'&' if '?' in plain else '?'}hl="
    for language, address in (("", plain), ("zh-hans", f"{and_language}zh-hans"), ("en", f"{and_language}en")):
        path = asked.format(**ids)
        text = head(asking(None), f"{path}{'&' if '?' in path else '?'}hl={language}")
        assert CANONICAL.findall(text) == [address]
        assert dict(ALTERNATE.findall(text)) == {
            "en": f"{and_language}en", "zh-Hans": f"{and_language}zh-hans", "x-default": plain,
        }  # fmt: skip
        assert not is_hidden(text)


def test_an_address_fixes_the_language_for_everyone_and_for_nothing_else() -> None:
    a_video(subject="physics")
    client = asking(None)
    client.cookies["language"] = "en"
    chinese = client.get("/browse?subject=physics&hl=zh-hans", headers={"Accept-Language": "en"})
    page = chinese.content.decode()
    assert 'lang="zh-CN"' in page
    assert chinese["Content-Language"] == "zh-hans"
    assert 'name="next" value="/browse?subject=physics"' in page  # whoever chooses another language gets it
    assert 'href="/browse?subject=physics&amp;hl=zh-hans"' in page
    assert 'lang="en"' in head(client, "/browse?hl=klingon")
    assert 'lang="en"' in head(client, "/browse")


def test_what_is_not_public_or_says_nothing_is_not_indexed() -> None:
    video = a_video(subject="physics", grade="8")
    owner = asking(video.owner)
    for path in (
        "/search?q=light",
        "/browse?subject=law",
        "/browse?subject=physics&grade=9",
        "/accounts/login/",
        "/none",
    ):
        assert is_hidden(head(asking(None), path)), path
    for hidden in (a_video(visibility=Visibility.UNLISTED), a_video(owner=video.owner, state=VideoState.DRAFT)):
        assert is_hidden(head(asking(hidden.owner), f"/watch/{hidden.public_id}"))
    for path in ("/studio", f"/studio/{video.public_id}", "/accounts/me", "/studio/playlists"):
        assert is_hidden(head(owner, path)), path
    assert is_hidden(head(owner, f"/playlist/{a_playlist(video, is_published=False).public_id}"))


def test_later_pages_are_followed_and_not_indexed() -> None:
    for _ in range(25):
        a_video(subject="physics", grade="8")
    page = asking(None).get("/browse?subject=physics").content.decode().replace("&amp;", "&")
    following = re.search(r'<a [^>]*href="(/browse\?subject=physics&cursor=[^"]+)"', page)
    assert following
    later = asking(None).get(following[1]).content.decode()
    assert is_hidden(later.partition("</head>")[0])
    assert later.count('class="card"') == 1


def test_titles_and_descriptions_name_subject_and_grade_in_both_languages() -> None:
    a_video(subject="physics", grade="8")
    seen = set()
    for language, words in (("en", ("Physics", "Grade 8")), ("zh-hans", ("物理", "初二"))):
        for subject in ("physics", ""):
            for grade in ("8", ""):
                text = head(asking(None), browse_path(subject=subject, grade=grade, hl=language))
                found = re.search(r'<title>(.+?)</title>\s*<meta name="description" content="(.+?)">', text)
                assert found
                for part in found.groups():
                    assert (words[0] in part) is bool(subject), part
                    assert (words[1] in part) is bool(grade), part
                seen.add(found.groups())
    assert len(seen) == 8
