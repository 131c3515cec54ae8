"""A proxy that breaks connections when told to: toxiproxy, for transfers over a bad network."""

import json
import urllib.error
import urllib.request

from tests.environment import free_port
from tests.servers.process import ServerProcess, program


class ToxiproxyServer(ServerProcess):
    """One server; `proxy` opens a port of it."""

    def __init__(self) -> None:
        super().__init__(port=free_port())
        self.url = f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        server = program("toxiproxy-server", origin="go install, see the Makefile")
        return [server, "-host", "127.0.0.1", "-port", str(self.port)]

    def is_up(self) -> bool:
        try:
            self.tell("GET", "/version")
        except OSError:
            return False
        return True

    def proxy(self, *, upstream_port: int) -> "Proxy":
        """Return a new port of the loopback that leads to another one."""
        return Proxy(self, upstream_port=upstream_port)

    def tell(self, method: str, path: str, body: object = None) -> None:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "eduvideo-tests"}
        request = urllib.request.Request(f"{self.url}{path}", data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()


class Proxy:
    """A way to a server that can be cut."""

    def __init__(self, server: ToxiproxyServer, *, upstream_port: int) -> None:
        self.port = free_port()
        self._server, self._name = server, f"to-{upstream_port}-by-{self.port}"
        ends = {"listen": f"127.0.0.1:{self.port}", "upstream": f"127.0.0.1:{upstream_port}"}
        server.tell("POST", "/proxies", {"name": self._name, **ends, "enabled": True})

    def slow_down(self, *, kb_per_s: int) -> None:
        """Let no connection send more than that to the server."""
        rate = {"type": "bandwidth", "stream": "upstream", "attributes": {"rate": kb_per_s}}
        self._server.tell("POST", f"/proxies/{self._name}/toxics", rate)

    def cut(self) -> None:
        """Break every connection, on both sides, whatever is on its way; new ones may be made at once."""
        for is_enabled in (False, True):
            self._server.tell("POST", f"/proxies/{self._name}", {"enabled": is_enabled})
