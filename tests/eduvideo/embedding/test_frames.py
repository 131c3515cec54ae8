from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from eduvideo.embedding.frames import LARGEST, VIDEO_SIZE, Size, fitted, frame_html, shrunk

pixels = st.none() | st.integers(1, 99_999)


@given(width=pixels, height=pixels)
def test_a_frame_is_as_large_as_the_maxima_allow_and_16_by_9(width: int | None, height: int | None) -> None:
    size = fitted(VIDEO_SIZE, max_width_px=width, max_height_px=height)
    assert 1 <= size.width_px <= min(width or LARGEST.width_px, LARGEST.width_px)
    assert 1 <= size.height_px <= min(height or LARGEST.height_px, LARGEST.height_px)
    assert abs(size.width_px * 9 / 16 - size.height_px) <= 1
    if width or height:
        # One more pixel of width would not fit within one of the maxima.
        wider = size.width_px + 1
        assert wider > min(width or LARGEST.width_px, LARGEST.width_px) or wider * 9 / 16 > (
            height or LARGEST.height_px
        )


@given(width=pixels, height=pixels, more=st.integers(0, 1000))
def test_more_room_never_makes_it_smaller(width: int | None, height: int | None, more: int) -> None:
    small = fitted(VIDEO_SIZE, max_width_px=width or 1, max_height_px=height)
    large = fitted(VIDEO_SIZE, max_width_px=(width or 1) + more, max_height_px=height)
    assert large.width_px >= small.width_px
    assert large.height_px >= small.height_px


def test_usual_sizes() -> None:
    assert fitted(VIDEO_SIZE) == VIDEO_SIZE
    assert fitted(VIDEO_SIZE, max_width_px=400) == Size(400, 225)
    assert fitted(VIDEO_SIZE, max_height_px=225) == Size(400, 225)
    assert fitted(VIDEO_SIZE, max_width_px=1000, max_height_px=90) == Size(160, 90)
    assert fitted(VIDEO_SIZE, max_width_px=99_999) == LARGEST


@given(width=st.integers(1, 10_000), height=st.integers(1, 10_000))
def test_a_still_is_never_enlarged(width: int, height: int) -> None:
    size = shrunk(Size(width, height), longest_px=480)
    assert 1 <= size.width_px <= min(width, 480)
    assert 1 <= size.height_px <= min(height, 480)


@given(title=st.text(max_size=40))
def test_a_title_stays_inside_its_attribute(title: str) -> None:
    seen: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append((tag, dict(attrs)))

    Reader().feed(frame_html("https://edu.example/embed/video/x?t=1&a=2", title=title, size=VIDEO_SIZE))
    [(tag, attributes)] = seen
    assert tag == "iframe"
    assert attributes["src"] == "https://edu.example/embed/video/x?t=1&a=2"
    assert set(attributes) == {"src", "width", "height", "title", "style", "frameborder", "loading", "allow",
                               "allowfullscreen", "referrerpolicy"}  # fmt: skip
