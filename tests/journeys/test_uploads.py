"""What a creator sees of uploads, on a phone and on a desktop: several at once, on another device, twice, in place."""

import re
import unicodedata
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from tests.journeys.conftest import Account, assert_plays, call, import_lesson, sign_in
from tests.journeys.test_accessibility import faults
from tests.media_factory import make_lesson
from tests.servers.platform import RunningPlatform
from tests.waiting import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.servers, pytest.mark.timeout(300)]

Visit = Callable[..., Page]
Shoot = Callable[[Page, str], None]
NAMES = ("牛顿 第二定律 🚀.mp4", "光合作用 🌱（第一课时）.mp4", unicodedata.normalize("NFD", "Amélie apprend.mp4"))
OFFSET = "upload-offset"


def a_recording(folder: Path, name: str, *, seconds: int = 4, more_bytes: int = 0) -> Path:
    """Return a lesson that no other test has, under any name: after the media comes a box that players skip."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    content = bytes(more_bytes) + uuid.uuid4().bytes
    file.write_bytes(make_lesson(seconds=seconds).read_bytes() + (8 + len(content)).to_bytes(4) + b"free" + content)
    return file


def limit(page: Page, bytes_per_s: int) -> None:
    """Let a page send so fast and no faster; -1 for as fast as it can."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_s}
    network.send("Network.emulateNetworkConditions", conditions)


def choose(page: Page, *files: Path) -> None:
    page.locator("edu-new-lesson form input[type=file]").set_input_files([str(file) for file in files])


def begin(page: Page) -> None:
    """Say what the lessons are about and press the button."""
    page.locator("edu-new-lesson select[name=subject]").select_option("physics")
    page.locator("edu-new-lesson select[name=grade]").select_option("10")
    page.locator("edu-new-lesson button[type=submit]").click()


def parts_sent(page: Page) -> list[str]:
    """Return a list that grows with every part a page sends: its number in the store, or its place by tus."""
    sent: list[str] = []

    def note(request: Request) -> None:
        number = re.search(r"[?&]partNumber=(\d+)", request.url)
        if request.method == "PUT" and number:
            sent.append(number[1])
        elif request.method == "PATCH" and OFFSET in request.headers:
            sent.append(request.headers[OFFSET])

    page.on("request", note)
    return sent


def studio(visit: Visit, creator: Account, **options: object) -> Page:
    page = visit("/", **options)
    sign_in(page, creator.email)
    page.goto("/studio")
    return page


def delete_lessons(platform: RunningPlatform, creator: Account, page: Page) -> None:
    """Delete what a page has uploaded, so that no other journey waits for its encoding."""
    for lesson in page.locator("edu-new-lesson edu-processing").all():
        call(platform, "DELETE", f"/api/v1/videos/{lesson.get_attribute('video-id')}", token=creator.token)


def test_three_files_go_at_once_and_nothing_typed_is_lost(
    platform: RunningPlatform, creator: Account, visit: Visit, shoot: Shoot, device: str, tmp_path: Path
) -> None:
    files = [a_recording(tmp_path / device, name) for name in NAMES]
    page = studio(visit, creator, locale="zh-CN", dark=device == "phone")
    choose(page, *files)
    cards = page.locator("edu-new-lesson .files > li")
    expect(cards).to_have_count(3)
    cards.nth(0).get_by_label("标题").fill(f"第二定律 {device}")
    cards.nth(1).locator("summary").click()
    cards.nth(1).locator("textarea").fill("叶绿体与光")
    shoot(page, "studio-three-files")
    assert faults(page) == []

    page.reload()  # the tab was closed: the browser forgets the files, and we nothing else
    expect(page.locator("edu-new-lesson .kept")).to_contain_text(NAMES[0])
    choose(page, *files)
    expect(cards.nth(0).get_by_label("标题")).to_have_value(f"第二定律 {device}")
    limit(page, 1_000_000)
    begin(page)
    rows = page.locator("edu-new-lesson edu-draft")
    expect(rows).to_have_count(3)
    expect(page.get_by_text("正在等待其他文件上传。").first).to_be_attached()
    rows.nth(2).get_by_label("标题").fill(f"艾米丽 {device}")
    rows.nth(2).get_by_label("标题").blur()
    expect(rows.nth(2).get_by_text("已保存。")).to_be_visible()
    shoot(page, "studio-three-uploads")
    assert faults(page) == []
    limit(page, -1)
    sent = page.locator("edu-new-lesson edu-processing")
    expect(sent).to_have_count(3, timeout=60_000)

    ids = [str(lesson.get_attribute("video-id")) for lesson in sent.all()]
    lessons = [platform.get(f"/api/v1/videos/{video_id}", token=creator.token) for video_id in ids]
    assert [lesson["title"] for lesson in lessons] == [
        f"第二定律 {device}",
        "光合作用 🌱（第一课时）",
        f"艾米丽 {device}",
    ]
    assert [lesson["description"] for lesson in lessons] == ["", "叶绿体与光", ""]
    delete_lessons(platform, creator, page)
    page.reload()
    expect(page.locator("edu-new-lesson form")).to_be_visible()
    expect(page.locator("edu-new-lesson .kept")).to_have_count(0)  # all have their drafts


def test_an_upload_goes_on_on_another_device_and_its_file_is_known_from_then_on(
    platform: RunningPlatform, creator: Account, visit: Visit, shoot: Shoot, device: str, tmp_path: Path
) -> None:
    # More parts than go side by side, so that some are there while others have not begun.
    file = a_recording(tmp_path / device, "牛顿 🚀.mp4", more_bytes=64_000_000)
    first = studio(visit, creator)
    choose(first, file)
    first.locator("edu-new-lesson input[name=title]").fill(f"Newton {device}")
    limit(first, 10_000_000)
    begin(first)
    upload = first.locator("edu-new-lesson edu-upload")
    url = upload.get_attribute("upload-url") or ""

    def arrived() -> int:
        return int(platform.get(url, token=creator.token)["received_bytes"])

    wait_until(arrived, timeout_s=30, every_s=0.2, message="no part has arrived")
    first.context.close()  # the tab is closed in the middle

    state = platform.get(url, token=creator.token)
    assert 0 < state["received_bytes"] < state["size_bytes"]
    there = {str(part["number"]) for part in state["parts"]}
    if state["protocol"] == "tus":
        there = {str(offset) for offset in range(0, state["received_bytes"], state["part_size_bytes"])}

    renamed = file.rename(file.with_name("VID_0001.mp4"))  # as another device calls it
    second = studio(visit, creator)
    expect(second.locator(f"section edu-upload[upload-url='{url}']")).to_contain_text("Already there:")
    shoot(second, "studio-unfinished")
    other = tmp_path / "牛顿 🚀.mp4"  # the name and the size are the same, the bytes are not
    other.write_bytes(bytes(renamed.stat().st_size))
    second.locator(f"section edu-upload[upload-url='{url}'] input[type=file]").set_input_files(str(other))
    expect(second.locator(f"section edu-upload[upload-url='{url}']")).to_contain_text("This is another file")
    sent = parts_sent(second)
    choose(second, renamed)
    expect(
        second.get_by_role("radio", name=f"Go on with the upload that was begun for “Newton {device}”")
    ).to_be_checked()
    second.locator("edu-new-lesson button[type=submit]").click()
    expect(second.locator("edu-new-lesson edu-processing")).to_be_visible(timeout=60_000)
    assert sent
    assert not there & set(sent), "parts that had arrived were sent again"
    assert len(sent) == len(set(sent))

    third = second.context.new_page()
    third.goto("/studio")
    sent_again = parts_sent(third)
    choose(third, renamed)
    again = third.get_by_role("radio", name=f"Use the recording of “Newton {device}” again, without sending it")
    expect(again).to_be_checked()
    shoot(third, "studio-known-file")
    assert faults(third) == []
    third.locator("edu-new-lesson input[name=title]").fill(f"Newton again {device}")
    begin(third)
    expect(third.locator("edu-new-lesson edu-processing")).to_have_attribute(
        "state", re.compile("processing|playable|ready")
    )
    assert sent_again == []
    for page in (third, second):
        delete_lessons(platform, creator, page)


@pytest.fixture(scope="module")
def lesson(platform: RunningPlatform, creator: Account) -> str:
    """A published lesson of four seconds; returns its id."""
    return import_lesson(platform, creator, make_lesson(seconds=4), title="Again", wait=True)


def test_a_lesson_gets_another_recording_and_stays_itself(
    platform: RunningPlatform, creator: Account, lesson: str, visit: Visit, shoot: Shoot, device: str, tmp_path: Path
) -> None:
    seconds, words = {"phone": 5, "desktop": 6}[device], f"还在这里 {device}"
    path = f"/api/v1/videos/{lesson}"
    call(platform, "POST", f"{path}/danmaku", token=creator.token, body={"position_ms": 1000, "text": words})
    page = studio(visit, creator)
    page.goto(f"/studio/{lesson}")
    new = a_recording(tmp_path / device, "新.mp4", seconds=seconds)
    page.locator("edu-replace input[type=file]").set_input_files(str(new))
    shoot(page, "studio-replace")
    page.locator("edu-replace").get_by_role("button", name="Replace the recording").click()
    viewer = visit(f"/watch/{lesson}")
    assert_plays(viewer)  # the old one, meanwhile

    def is_replaced() -> bool:
        duration_ms = int(platform.get(path, token=creator.token)["playback"]["duration_ms"])
        return abs(duration_ms - seconds * 1000) < 500

    wait_until(is_replaced, timeout_s=90, message="the new recording did not take the place of the old one")
    processing = page.locator("section[aria-labelledby=recording] edu-processing")
    expect(processing).to_contain_text("Ready to watch.")
    expect(processing).not_to_contain_text("Stay with the old recording")
    shoot(page, "studio-replaced")
    viewer.reload()
    assert_plays(viewer)
    assert words in str(platform.get(f"{path}/danmaku/segments/0"))
