"""A server that answers as an Elasticsearch would that cannot run here: one with passwords, one of another version."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PRODUCT = {"X-Elastic-Product": "Elasticsearch"}


def root(version: str) -> dict[str, Any]:
    return {"version": {"number": version}, "tagline": "You Know, for Search"}


@contextmanager
def answering(
    body: object,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    content_type: str = "application/json",
    tls: ssl.SSLContext | None = None,
) -> Iterator[str]:
    """Run a server that says the same to every request; yields its address without the scheme."""
    sent = body if isinstance(body, str) else json.dumps(body)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            for name, value in {**PRODUCT, "Content-Type": content_type, **(headers or {})}.items():
                if value:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(sent.encode())))
            self.end_headers()
            self.wfile.write(sent.encode())

        do_POST = do_PUT = do_HEAD = do_GET  # noqa: N815 - http.server's names

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
