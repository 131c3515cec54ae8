import re

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import Client

from eduvideo.accounts.models import Role
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db(transaction=True)

TICKET = "m3k2j1h0abc"


class TestKeptByNobodyElse:
    @pytest.mark.parametrize("path", ["/", "/browse", "/search?q=x", "/watch/none", "/creator/none"])
    def test_no_cache_between_keeps_a_page(self, path: str) -> None:
        assert asking(a_person()).get(path)["Cache-Control"] == "private, no-cache"

    @pytest.mark.parametrize(
        "path",
        [
            "/me/history", "/me/notes", "/me/favorites", "/me/comments", "/accounts/me", "/studio", "/studio/analytics",
            "/studio/playlists", "/api/v1/me", "/api/v1/videos/none/notes", "/api/v1/none",
        ],
    )  # fmt: skip
    def test_not_even_the_browser_keeps_what_is_of_one_person(self, path: str) -> None:
        assert asking(a_person(Role.CREATOR)).get(path)["Cache-Control"] == "private, no-store"

    def test_what_says_so_itself_stays(self) -> None:
        assert "public" in Client().get("/manifest.webmanifest")["Cache-Control"]


class TestSentForms:
    def test_names_what_was_accepted(self) -> None:
        person = a_person()
        answer = asking(person).post("/accounts/me", {"display_name": "Ada", "kept": TICKET})
        assert answer.status_code == 302
        assert f"kept-{TICKET}" in answer.cookies

    def test_names_no_form_that_is_shown_again(self) -> None:
        answer = asking(a_person()).post("/accounts/me", {"display_name": "", "kept": TICKET})
        assert answer.status_code == 200
        assert f"kept-{TICKET}" not in answer.cookies

    @pytest.mark.parametrize("ticket", ["", "x", "a;b=c" * 4, "A" * 20, "a" * 41])
    def test_makes_no_cookie_of_what_is_no_ticket(self, ticket: str) -> None:
        answer = asking(a_person()).post("/accounts/me", {"display_name": "Ada", "kept": ticket})
        assert [name for name in answer.cookies if name.startswith("kept-")] == []

    def test_a_session_that_ended_comes_back_to_the_form_and_accepts_nothing(self) -> None:
        video = a_video(owner=a_person(Role.CREATOR))
        path = f"/studio/{video.public_id}"
        page = f"http://testserver{path}?from=list"
        answer = Client().post(f"{path}/settings", {"title": "New", "kept": TICKET}, headers={"referer": page})
        assert answer["Location"] == f"/accounts/login/?next={path}%3Ffrom%3Dlist"
        assert f"kept-{TICKET}" not in answer.cookies

    @pytest.mark.parametrize(
        "referer", ["", "https://elsewhere.example/studio", "javascript:alert(1)", "//evil.example/"]
    )
    def test_leads_to_no_other_site(self, referer: str) -> None:
        video = a_video(owner=a_person(Role.CREATOR))
        answer = Client().post(f"/studio/{video.public_id}/settings", {}, headers={"referer": referer})
        assert answer["Location"] == "/accounts/login/?next=/"


class TestFault:
    @pytest.mark.parametrize("name", ["500.html", "503.html"])
    def test_its_page_needs_files_that_are_there_and_nothing_else(self, name: str) -> None:
        page = render_to_string(name)
        files = re.findall(r'(?:href|src)="/static/([^"]+)"', page)
        assert files
        assert [file for file in files if finders.find(file) is None] == []
        assert "<script" not in page
        assert "style=" not in page  # the policy of our pages allows none
