import pytest

from search.engines.elasticsearch.place import Place, read_place
from search.errors import EngineError


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://127.0.0.1", Place("http://127.0.0.1:9200")),
        ("http://127.0.0.1:9201/", Place("http://127.0.0.1:9201")),
        ("https://search.school.example/one-school", Place("https://search.school.example:9200", name="one-school")),
        ("http://[::1]:9200/x", Place("http://[::1]:9200", name="x")),
        (
            "https://elastic:p%40ss%2Fword@h:9243/x?ca_certs=/etc/ca.crt&replicas=0-2",
            Place("https://h:9243", "x", "elastic", "p@ss/word", "/etc/ca.crt", "0-2"),
        ),
        ("http://user@h?replicas=2", Place("http://h:9200", user="user", password="", replicas="2")),
    ],
)
def test_a_url_says_server_name_and_credentials(url: str, place: Place) -> None:
    assert read_place(url) == place


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://", "reads http"),
        ("ftp://user:secret@h", "reads http"),
        ("http://user:secret@h:port", "wrong host or port"),
        ("http://user:secret@h:99999", "wrong host or port"),
        ("http://user:secret@[h", "wrong host or port"),
        ("http://user:secret@h/Upper", "cannot begin"),
        ("http://user:secret@h/a/b", "cannot begin"),
        ("http://user:secret@h/a.b", "cannot begin"),
        ("http://user:secret@h/_all", "cannot begin"),
        ("http://user:secret@h/*", "cannot begin"),
        ("http://user:secret@h?shards=3", "no option 'shards'"),
        ("http://user:secret@h?replicas=many", "replicas="),
        ("http://user:secret@h?ca_certs=ca.crt", "needs https"),
        ("http://user:secret@h#x", "reads http"),
    ],
)
def test_a_wrong_url_is_told_without_repeating_it(url: str, says: str) -> None:
    with pytest.raises(EngineError, match=says) as caught:
        read_place(url)
    assert "secret" not in str(caught.value)


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(read_place("http://user:secret@h"))
