import json
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Role, User
from eduvideo.catalog.models import VideoState, Visibility
from eduvideo.community.models import DailyViews, Follow
from eduvideo.core import clock
from tests.factories.catalog import a_playlist, a_video, asking
from tests.factories.danmaku import a_person
from tests.factories.pages import XSS, Scripts

pytestmark = pytest.mark.django_db


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def shown(html: str) -> list[str]:
    return re.findall(r'<a class="card-link" href="/watch/(\w+)"', html)


def page_of(creator: User, query: str = "") -> str:
    return f"/creator/{creator.public_id}{query}"


def test_it_shows_what_everyone_may_find_and_nothing_else() -> None:
    creator = a_person(Role.CREATOR)
    video = a_video(owner=creator, title="Halves")
    for visibility in (Visibility.UNLISTED, Visibility.ORGANIZATION, Visibility.EMBED):
        a_video(owner=creator, visibility=visibility, title="Hidden")
    a_video(owner=creator, state=VideoState.DRAFT, title="Hidden")
    a_video(title="Of somebody else")
    a_playlist(video, owner=creator, title="From the start")
    a_playlist(video, owner=creator, title="Hidden list", is_published=False)
    for person in (None, a_person(), creator):
        html = text_of(asking(person), page_of(creator))
        assert shown(html) == [video.public_id]
        assert "From the start" in html
        assert "Hidden" not in html


def test_newest_or_most_watched_page_by_page() -> None:
    creator = a_person(Role.CREATOR)
    videos = [a_video(owner=creator) for _ in range(30)]
    for video, people in ((videos[3], 5), (videos[7], 9)):
        DailyViews.objects.create(video=video, day=clock.now().date(), people=people)
    newest = [video.public_id for video in reversed(videos)]
    watched = [videos[7].public_id, videos[3].public_id]
    watched += [one for one in newest if one not in watched]
    for query, expected in (("?", newest), ("?order=watched&amp;", watched)):
        html = text_of(asking(None), page_of(creator, query.replace("&amp;", "")))
        following = re.search(r'href="(\?[^"]*cursor=[^"]+)"', html)
        assert following
        rest = text_of(asking(None), page_of(creator, following[1].replace("&amp;", "&")))
        assert shown(html) + shown(rest) == expected
    for query in ("?cursor=x", "?order=watched&cursor=x", "?order=watched&cursor=WzEsMiwzXQ"):
        assert asking(None).get(page_of(creator, query)).status_code == 422
    assert shown(text_of(asking(None), page_of(creator, "?order=nonsense"))) == newest[:24]


def test_engines_learn_who_it_is() -> None:
    creator = a_video().owner
    User.objects.filter(pk=creator.pk).update(about="I teach fractions.", display_name="Ada")
    Follow.objects.create(user=a_person(), creator=creator)
    html = text_of(asking(None), page_of(creator))
    assert f'<link rel="canonical" href="http://testserver{page_of(creator)}">' in html or "canonical" in html
    assert html.count('rel="alternate" hreflang=') == 3
    assert '<meta property="og:type" content="profile">' in html
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', html)
    assert found
    about = json.loads(found[1])["mainEntity"]
    assert (about["name"], about["description"]) == ("Ada", "I teach fractions.")
    assert about["interactionStatistic"]["userInteractionCount"] == 1
    for query in ("?order=watched", "?cursor="):
        assert ("noindex" in text_of(asking(None), page_of(creator, query))) is (query != "?cursor=")
    assert "noindex" in text_of(asking(None), page_of(a_person(Role.CREATOR)))  # nothing to find there


def test_one_follows_by_a_form_and_nobody_follows_themselves() -> None:
    creator, person = a_video().owner, a_person()
    client = asking(person)
    assert 'aria-pressed="false"' in text_of(client, page_of(creator))
    answer = client.post(page_of(creator, "/follow"), {"on": "1"}, follow=True).content.decode()
    assert f"You follow {creator.display_name} now." in answer
    assert '<span class="toggle-count">1</span>' in answer
    assert "1 follower<" in text_of(asking(creator), page_of(creator))
    client.post(page_of(creator, "/follow"), {"on": "0"})
    assert not Follow.objects.exists()
    own = text_of(asking(creator), page_of(creator))
    assert "/follow" not in own
    assert asking(creator).post(page_of(creator, "/follow"), {"on": "1"}).status_code == 403
    assert (
        asking(None).post(page_of(creator, "/follow"), {"on": "1"}).headers["Location"].startswith("/accounts/login/")
    )


def test_who_is_no_creator_has_no_page() -> None:
    student, gone = a_person(), a_video().owner
    User.objects.filter(pk=gone.pk).update(is_active=False)
    for path in (page_of(student), page_of(gone), "/creator/nobody", "/creator/%00"):
        assert asking(None).get(path).status_code == 404


def test_one_who_teaches_no_more_can_be_unfollowed() -> None:
    person, one, two = a_person(), a_person(Role.CREATOR), a_person(Role.CREATOR)
    client = asking(person)
    for creator in (one, two):
        client.post(page_of(creator, "/follow"), {"on": "1"})
    User.objects.filter(pk__in=[one.pk, two.pk]).update(role=Role.STUDENT)
    answer = client.post(page_of(one, "/follow"), {"on": "0", "from_list": "1"}, follow=True)
    assert answer.status_code == 200
    assert client.delete(f"/api/v1/creators/{two.public_id}/follow").json() == {"followers": 0, "following": False}
    assert not Follow.objects.exists()
    for method in (client.delete, client.put):  # and is nobody's to know besides
        assert method(f"/api/v1/creators/{two.public_id}/follow").status_code == 404


def test_cards_and_bylines_lead_there() -> None:
    video = a_video()
    a_video()
    link = f'href="/creator/{video.owner.public_id}"'
    for path in ("/", "/browse", f"/watch/{video.public_id}"):
        assert link in text_of(asking(None), path)


def test_what_they_say_is_text_and_queries_stay_the_same() -> None:
    creator = a_person(Role.CREATOR)
    User.objects.filter(pk=creator.pk).update(display_name=XSS[:60], about=XSS)
    counts = []
    for more in (1, 19):
        for _ in range(more):
            a_playlist(a_video(owner=creator, title=XSS), owner=creator, title=XSS)
        asking(None).get(page_of(creator))
        with CaptureQueriesContext(connection) as queries:
            html = text_of(asking(None), page_of(creator))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 8
    scripts = Scripts()
    scripts.feed(html)
    assert (scripts.inline, scripts.handlers) == (0, [])


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Ada \u202egnitnirp ", "Ada gnitnirp"), ("王 \u200b老师", "王 老师"), ("\u200b", None), ("\u3164", None),
        ("www.spam.example", None), ("fuck", None),
    ],
)  # fmt: skip
def test_a_name_is_cleaned_and_checked(written: str, kept: str | None) -> None:
    person = a_person()
    before = person.display_name
    asking(person).post("/accounts/me", {"display_name": written, "grade": ""})
    person.refresh_from_db()
    assert person.display_name == (before if kept is None else kept)


def test_a_name_that_an_address_gave_may_stay() -> None:
    person = a_person()
    User.objects.filter(pk=person.pk).update(display_name="ada.me")
    asking(person).post("/accounts/me", {"display_name": "ada.me", "grade": "5"})
    person.refresh_from_db()
    assert person.grade == "5"


def test_about_is_cleaned_and_checked() -> None:
    creator = a_person(Role.CREATOR)
    client = asking(creator)
    form = {"display_name": "Ada", "grade": "", "about": "I  teach\u202e maths.\n\n\n\nSince 1990"}
    client.post("/accounts/me", form)
    creator.refresh_from_db()
    assert creator.about == "I teach maths.\n\nSince 1990"
    refused = client.post("/accounts/me", form | {"about": "see www.spam.example"}).content.decode()
    assert "Links cannot be sent here." in refused
    assert "see www.spam.example" in refused
    assert 'name="about"' not in text_of(asking(a_person()), "/accounts/me")
