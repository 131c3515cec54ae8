import pytest

from eduvideo.catalog.models import Visibility
from eduvideo.danmaku.services import post_danmaku
from eduvideo.study.services import set_study_guide
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db

GUIDE = """# The vertex [0:10]
$y=ax^2$ and <script>alert(1)</script>

::: answer Why?
Because.
:::

# Symmetry
# Roots $x_1$ [see](https://example.org)
"""


def test_a_guide_stands_alone_with_its_headings_and_leads_back_to_the_seconds() -> None:
    video = a_video()
    set_study_guide(video, markdown=GUIDE)
    page = asking(None).get(f"/guide/{video.public_id}").content.decode()
    for part in (
        f'<a href="/watch/{video.public_id}?t=10"',
        '<h2 id="g-the-vertex">',
        '<a href="#g-roots-x_1-see"><span>Roots <code class="math">x_1</code> see</span></a>',
        "<summary>Why?</summary>",
        f'<link rel="canonical" href="http://127.0.0.1:8000/guide/{video.public_id}">',
        "&lt;script&gt;alert(1)",
    ):
        assert part in page
    assert "<script>alert" not in page
    assert 'style="' not in page.partition("<main")[2]  # the policy would refuse it


def test_questions_from_class_are_in_it() -> None:
    video = a_video()
    asked = post_danmaku(video, author=a_person(), position_ms=5_000, text="Why <b>?", kind="question")
    post_danmaku(video, author=video.owner, position_ms=6_000, text="So", kind="answer", reply_to=asked.public_id)
    page = asking(None).get(f"/guide/{video.public_id}").content.decode()
    assert f'<a href="/watch/{video.public_id}?t=5">' in page
    assert "Why &lt;b&gt;?" in page


def test_it_is_for_whoever_may_watch_and_private_where_the_lesson_is() -> None:
    video = a_video(visibility=Visibility.EMBED)
    set_study_guide(video, markdown=GUIDE)
    path = f"/guide/{video.public_id}"
    assert asking(None).get(path).status_code == 404
    answer = asking(video.owner).get(path)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert '<meta name="robots" content="noindex">' in answer.content.decode()
    assert "canonical" not in answer.content.decode()


def test_a_lesson_without_one_has_no_such_page() -> None:
    assert asking(None).get(f"/guide/{a_video().public_id}").status_code == 404


@pytest.mark.parametrize("name", ["x.webp", "../../etc/passwd", "kd83ks92jd82-1x1.webp", "kd83ks92jd82-1x1.svg", "%00"])
def test_what_is_no_figure_is_not_there(name: str) -> None:
    assert asking(None).get(f"/figures/{name}").status_code == 404
