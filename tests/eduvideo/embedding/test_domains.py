import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.core.errors import InvalidInputError
from eduvideo.embedding.domains import MAX_CHARS, MAX_DOMAINS, frame_ancestors, parse_domain, parse_domains
from eduvideo.embedding.errors import DomainSyntaxError

# A host-source of CSP 3 (section 2.3.1) without a path: nothing that ends a directive, a header or another source.
SOURCE = re.compile(r"(https?://)?(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")
label = st.from_regex(r"[a-z0-9]([a-z0-9]{0,10}[a-z0-9])?", fullmatch=True)
hosts = st.lists(label, min_size=1, max_size=4).map(".".join).filter(lambda host: not host.rpartition(".")[2].isdigit())


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("school.example.org", "school.example.org"),
        ("  School.Example.ORG ", "school.example.org"),
        ("*.example.org", "*.example.org"),
        ("http://school.example.org", "http://school.example.org"),
        ("HTTPS://*.example.org:8443", "https://*.example.org:8443"),
        ("moodle", "moodle"),
        ("localhost:8080", "localhost:8080"),
        ("192.168.1.7:080", "192.168.1.7:80"),
        ("学校.中国", "xn--48s290a.xn--fiqs8s"),
        ("学校。中国", "xn--48s290a.xn--fiqs8s"),
        ("*.münchen.de", "*.xn--mnchen-3ya.de"),
        ("straße.de", "xn--strae-oqa.de"),
        ("xn--48s290a.xn--fiqs8s", "xn--48s290a.xn--fiqs8s"),
    ],
)
def test_a_line_becomes_what_browsers_compare(line: str, source: str) -> None:
    assert parse_domain(line) == source


@pytest.mark.parametrize(
    "line",
    [
        "*", "*.", "*.com", "a.*.org", "*school.org", "**.example.org", "*.1.2.3.4",
        "school.org/", "https://school.org/path", "school.org?x", "school.org#x", "me@school.org", "//school.org",
        "ftp://school.org", "javascript:alert(1)", "data:text/html,x", "file:///etc", "://school.org", "blob:x",
        "'self'", "'none'", "'unsafe-inline'", "'nonce-abc'",
        "school.org; script-src *", "school.org script-src", "school.org,evil.org", "a.org\tb.org", "school.org\r\nX: y",
        "school.org:", "school.org:0", "school.org:65536", "school.org:*", "school.org:80:80", "school.org:٣",
        "[::1]", "[2001:db8::1]:80", "2001:db8::1",
        "1.2.3", "256.1.1.1", "01.2.3.4", "1.2.3.4.5",
        "-school.org", "school-.org", "sch_ool.org", "school..org", ".school.org", "school.org.", "a" * 64 + ".org",
        ".".join(["a" * 60] * 5), "a" * 5000, "school\u200b.org\u0000", "school／org", "school.org：80", "", " ",
    ],
)  # fmt: skip
def test_what_is_no_domain_is_refused_with_a_sentence(line: str) -> None:
    with pytest.raises(DomainSyntaxError) as error:
        parse_domain(line)
    assert str(error.value).endswith((".", "。"))


@given(
    scheme=st.sampled_from(["", "http://", "https://"]),
    wild=st.booleans(),
    host=hosts,
    port=st.none() | st.integers(1, 65535),
)
def test_every_domain_is_taken_as_it_is(scheme: str, wild: bool, host: str, port: int | None) -> None:
    wild = wild and "." in host
    line = f"{scheme}{'*.' if wild else ''}{host}{'' if port is None else f':{port}'}"
    if not re.search(r"(^|\.)..--", host):  # such labels are punycode or kept for later
        assert parse_domain(line) == line


texts = st.text() | st.text("a.*:/-'; ,\\\n\t[]@#?%0123 学。。ß\u200d", max_size=20)


@given(texts)
def test_whatever_is_typed_never_gets_out_of_its_place_in_the_header(line: str) -> None:
    try:
        source = parse_domain(line)
    except DomainSyntaxError:
        return
    assert SOURCE.fullmatch(source)
    assert parse_domain(source) == source


def test_every_wrong_line_is_named_and_the_right_ones_are_kept_once() -> None:
    assert parse_domains(["", "b.org", " B.ORG ", "a.org", "  "]) == ("b.org", "a.org")
    with pytest.raises(InvalidInputError) as error:
        parse_domains(["good.org", "bad/path", "", "http://"])
    messages = [item.message for item in error.value.fields]
    assert [re.findall(r"\d+", message)[0] for message in messages] == ["2", "4"]
    assert "bad/path" in messages[0]
    assert {item.field for item in error.value.fields} == {"allowed_domains"}


def test_a_list_keeps_to_what_a_header_can_hold() -> None:
    assert len(parse_domains(f"a{n}.org" for n in range(MAX_DOMAINS))) == MAX_DOMAINS
    with pytest.raises(InvalidInputError, match=str(MAX_DOMAINS)):
        parse_domains(f"a{n}.org" for n in range(MAX_DOMAINS + 1))
    long = [f"{'a' * 60}.{'b' * 60}{n}.org" for n in range(MAX_CHARS // 120)]
    with pytest.raises(InvalidInputError, match="too long"):
        parse_domains(long)


def test_no_list_is_everyone_and_our_own_host_is_never_locked_out() -> None:
    assert frame_ancestors([]) == ("*",)
    assert frame_ancestors(["a.org"]) == ("'self'", "a.org")
