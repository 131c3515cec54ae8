import pytest
from django.test import Client

from eduvideo.site import embed_script
from eduvideo.site.assets import entry_files

PATH = "/embed/eduvideo.js"


@pytest.mark.skipif(entry_files("eduvideo") is None, reason="the frontend is not built")
def test_every_site_may_load_it_from_one_address() -> None:
    answer = Client().get(PATH)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer["EduVideo-Protocol"] == "1"
    assert not answer.cookies
    script = answer.content.decode()
    assert "EduVideo" in script
    assert not script.startswith(("import", "export"))
    again = Client().get(PATH, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_without_a_build_it_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed_script, "_script", lambda: None)
    assert Client().get(PATH).status_code == 404
