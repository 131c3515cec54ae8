"""Look at one lesson's processing from outside, over the API."""

from tests.journeys.conftest import Account
from tests.servers.platform import RunningPlatform
from tests.waiting import wait_until

JOB_S = 240


class Watcher:
    """Asks for one lesson's processing as the creator of it."""

    def __init__(self, platform: RunningPlatform, video_id: str, creator: Account) -> None:
        self.platform = platform
        self.path = f"/api/v1/videos/{video_id}"
        self.token = creator.token

    def look(self) -> dict[str, object]:
        try:
            return dict(self.platform.get(self.path, token=self.token)["processing"])
        except OSError:  # the web process may be down at this moment
            return {"state": "unknown", "percent": 0.0, "stage": ""}

    def wait_for_encode(self) -> None:
        wait_until(
            lambda: self.look()["stage"] == "encode" and float(str(self.look()["percent"])) > 5,
            timeout_s=60,
            message="the encode did not begin",
        )

    def wait_for_ready(self) -> None:
        def ended() -> bool:
            found = self.look()
            assert found["state"] != "failed", found
            return found["state"] == "ready"

        wait_until(ended, timeout_s=JOB_S, message=f"the lesson did not become ready: {self.look()}", every_s=0.5)
