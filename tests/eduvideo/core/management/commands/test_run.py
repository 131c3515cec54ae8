import os
import signal
import sys
import urllib.request
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.environment import free_port
from tests.servers.process import ServerProcess
from tests.servers.valkey import ValkeyServer


@pytest.mark.parametrize("name", ["web", "relay", "worker", "beat", "transcoder"])
def test_every_process_is_one_that_dev_supervises(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[tuple[str, ...]] = []
    monkeypatch.setattr(os, "execvpe", lambda _file, command, _environment: called.append(tuple(command)))
    call_command("run", name, "--port", "8123", "--processes", "3")
    assert called[0][0] == sys.executable
    assert not [part for part in called[0] if "%%" in part]
    assert ("--workers" in called[0]) == (name == "web")


def test_an_unknown_process_is_refused() -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("run", "everything")


@pytest.mark.servers
def test_web_serves_until_it_is_told_to_stop(valkey: ValkeyServer, tmp_path: Path) -> None:
    class Web(ServerProcess):
        def command(self) -> list[str]:
            return [sys.executable, "-m", "eduvideo.config.manage", "run", "web", "--port", str(self.port)]

        def is_up(self) -> bool:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/live", timeout=2) as answer:
                    return bool(answer.status == 200)
            except OSError:
                return False

    web = Web(port=free_port())
    web.start()
    try:
        assert web.process
        web.process.send_signal(signal.SIGTERM)
        assert web.process.wait(timeout=20) in {0, -signal.SIGTERM}
    finally:
        web.remove()
