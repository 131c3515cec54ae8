"""The bytes of an upload to a real server process that is killed in the middle of a part."""

import base64
import hashlib
import http.client
import json
from collections.abc import Iterator

import pytest

from tests.eduvideo.danmaku.live_server import LiveServer
from tests.factories.uploads import PART
from tests.servers.valkey import ValkeyServer
from tests.waiting import wait_until

SIZE = 24 << 20
MAKE = f"""
import json
from tests.factories.danmaku import a_token_of
from tests.factories.uploads import an_upload
uploads = [an_upload(size_bytes={SIZE}) for _ in range(2)]
print(json.dumps([{{"upload": upload.public_id, "token": a_token_of(upload.owner)}} for upload in uploads]))
"""
LOOK = """
import hashlib, json
from eduvideo.core.models import OutboxEvent
from eduvideo.core.objects import open_objects
from eduvideo.uploads.models import Upload
upload = Upload.objects.get(public_id="%s")
digest = hashlib.sha256(open_objects().read(upload.object_key)).hexdigest()
print(json.dumps([upload.state, digest, OutboxEvent.objects.filter(name="uploads.UploadCompleted", payload__upload_id=upload.pk).count()]))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, valkey_server: ValkeyServer) -> Iterator[LiveServer]:
    running = LiveServer(tmp_path_factory.mktemp("partial"), valkey_server)
    running.make_tables()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def uploads(server: LiveServer) -> list[dict[str, str]]:
    """An upload for each test, and its creator's token."""
    return list(json.loads(server.run_code(MAKE)))


@pytest.mark.servers
@pytest.mark.xdist_group("a server that is killed in a part")
@pytest.mark.parametrize("is_checked", [False, True])
def test_an_upload_goes_on_after_the_server_was_killed(
    server: LiveServer, uploads: list[dict[str, str]], valkey: ValkeyServer, is_checked: bool
) -> None:
    """What had arrived of the part is kept, unless its checksum was still to come: then nobody has looked at it."""
    content = hashlib.shake_256(b"lecture").digest(SIZE)
    made = uploads.pop()
    path = f"/api/v1/uploads/{made['upload']}"
    headers = {"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {made['token']}"}

    def connected() -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def offset() -> int:
        connection = connected()
        try:
            connection.request("HEAD", path, headers=headers)
            return int(connection.getresponse().headers["Upload-Offset"])
        finally:
            connection.close()

    if server.process is None:
        server.start()
    broken = connected()
    broken.putrequest("PATCH", path)
    checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
    told = {"Upload-Offset": "0", "Content-Type": PART, "Content-Length": str(SIZE)}
    told |= {"Upload-Checksum": f"sha256 {checksum}"} if is_checked else {}
    for name, value in (headers | told).items():
        broken.putheader(name, value)
    broken.endheaders()
    broken.send(content[: SIZE // 3])
    arrived = server.folder / "objects" / ".uploads" / made["upload"]
    wait_until(
        lambda: arrived.exists() and arrived.stat().st_size > 0, timeout_s=30, message="nothing of the part has arrived"
    )
    assert server.process
    server.process.kill()
    server.process.wait(timeout=20)
    server.process = None
    broken.close()

    server.start()
    reached = offset()
    assert reached == 0 if is_checked else 0 < reached <= SIZE // 3
    rest = connected()
    rest.request("PATCH", path, content[reached:], headers | {"Upload-Offset": str(reached), "Content-Type": PART})
    assert rest.getresponse().status == 204
    rest.close()
    assert json.loads(server.run_code(LOOK % made["upload"])) == ["completed", hashlib.sha256(content).hexdigest(), 1]
