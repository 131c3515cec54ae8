"""nginx over a folder of media, as a server of files does it at best."""

import socket
from pathlib import Path

from tests.environment import free_port
from tests.servers.process import ServerProcess, program

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
    types {{
        application/vnd.apple.mpegurl m3u8;
        video/iso.segment m4s;
        video/mp4 mp4;
        text/vtt vtt;
        image/jpeg jpg;
    }}
    access_log off;
    sendfile on;
    tcp_nopush on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            root {root};
            expires 1y;
        }}
    }}
}}
"""


class NginxServer(ServerProcess):
    """One process that serves the files below a folder at their paths."""

    def __init__(self, root: Path) -> None:
        super().__init__(port=free_port())
        self.root = root

    def prepare(self) -> None:
        text = CONFIGURATION.format(folder=self.folder, port=self.port, root=self.root)
        (self.folder / "nginx.conf").write_text(text, encoding="ascii")

    def command(self) -> list[str]:
        nginx = program("nginx", origin="make .setup/bin/nginx")
        return [nginx, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), "-e", "stderr"]

    def is_up(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
