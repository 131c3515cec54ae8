import json
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from eduvideo.site import shell
from eduvideo.site.assets import entry_files
from tests.factories.catalog import asking
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_worker() -> None:
    shell._worker.cache_clear()


class TestTheManifest:
    @pytest.mark.parametrize(("language", "name"), [("en", "learn by video"), ("zh-hans", "视频")])
    def test_is_in_the_language_of_its_address(self, language: str, name: str) -> None:
        answer = Client().get(f"/manifest.webmanifest?hl={language}", headers={"accept-language": "en"})
        assert answer["Content-Type"] == "application/manifest+json"
        described = json.loads(answer.content)
        assert name in described["name"]
        assert (described["id"], described["scope"], described["display"]) == ("/", "/", "standalone")

    def test_names_icons_that_are_what_it_says(self) -> None:
        icons = json.loads(Client().get("/manifest.webmanifest").content)["icons"]
        pictures = [item for item in icons if item["type"] == "image/png"]
        assert {(item["sizes"], item["purpose"]) for item in pictures} == {
            ("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}  # fmt: skip
        for item in pictures:
            with Image.open(BytesIO(Client().get(item["src"]).content)) as image:
                assert f"{image.width}x{image.height}" == item["sizes"]
                # A maskable icon fills its square: systems cut its corners.
                assert (image.getpixel((0, 0))[3] == 255) is (item["purpose"] == "maskable")  # type: ignore[index]

    def test_has_no_other_icon(self) -> None:
        assert Client().get("/icons/4096.png").status_code == 404


class TestThePageWithoutANetwork:
    def test_is_the_same_for_everybody_and_needs_no_database(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            answer = Client().get("/offline")
        assert len(queries) == 0
        assert not answer.cookies
        assert asking(a_person()).get("/offline").content == answer.content


class TestTheWorker:
    def told(self) -> dict[str, object]:
        text = Client().get("/sw.js").content.decode()
        return dict(json.loads(text.split(";\n", 1)[0].removeprefix("self.shell = ")))

    def test_keeps_what_the_page_without_a_network_needs(self) -> None:
        if entry_files("site") is None:
            pytest.skip("the frontend is not built")
        told = self.told()
        page = Client().get("/offline").content.decode()
        assets = told["assets"]
        assert isinstance(assets, list)
        assert all(path in page for path in assets)
        assert told["pages"] == {"zh-hans": "/offline?hl=zh-hans", "en": "/offline?hl=en"}

    def test_is_another_one_after_another_deployment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        if entry_files("site") is None:
            pytest.skip("the frontend is not built")
        before = self.told()["version"]
        shell._worker.cache_clear()
        assert self.told()["version"] == before
        shell._worker.cache_clear()
        monkeypatch.setattr(shell, "_pages", lambda: ["another page"])
        assert self.told()["version"] != before

    def test_is_never_taken_from_a_cache_unasked(self) -> None:
        answer = Client().get("/sw.js")
        assert answer["Cache-Control"] == "no-cache"
        assert answer["Content-Type"].startswith("text/javascript")

    def test_takes_itself_back_where_it_is_not_wanted(self, settings: Any) -> None:
        settings.EDUVIDEO = settings.EDUVIDEO.model_copy(update={"offline": False})
        text = Client().get("/sw.js").content.decode()
        assert "registration.unregister" in text
        assert "fetch" not in text
