from configparser import RawConfigParser
from pathlib import Path

from eduvideo.core.supervision import platform_programs, supervisord_config, valkey_command


def test_every_program_is_restarted_and_logged(tmp_path: Path) -> None:
    valkey = valkey_command(port=6400, folder=tmp_path)
    programs = platform_programs(host="127.0.0.1", port=8000, valkey=valkey, transcode_slots=2)
    config = RawConfigParser()
    config.read_string(supervisord_config(programs, run_dir=tmp_path, log_dir=tmp_path))
    sections = [config[name] for name in config.sections() if name.startswith("program:")]
    assert [section.name.partition(":")[2] for section in sections] == [
        "valkey", "web", "relay", "worker", "beat", "transcoder",
    ]  # fmt: skip
    assert all(section["autorestart"] == "true" for section in sections)
    assert len({section["stdout_logfile"] for section in sections}) == len(sections)


def test_only_named_proxies_are_believed() -> None:
    programs = platform_programs(
        host="127.0.0.1", port=8000, valkey=None, transcode_slots=1, trusted_proxies=("10.0.0.1", "10.0.0.2")
    )
    web = next(program.command for program in programs if program.name == "web")
    assert web[web.index("--forwarded-allow-ips") + 1] == "10.0.0.1,10.0.0.2"


def test_without_an_embedded_broker_there_is_no_valkey() -> None:
    programs = platform_programs(host="127.0.0.1", port=8000, valkey=None, transcode_slots=1)
    assert "valkey" not in {program.name for program in programs}


def test_the_transcoder_decides_by_its_machine_unless_told() -> None:
    def command(slots: int | None) -> tuple[str, ...] | None:
        programs = platform_programs(host="127.0.0.1", port=8000, valkey=None, transcode_slots=slots)
        return next((program.command for program in programs if program.name == "transcoder"), None)

    assert "-c" not in (command(None) or "")
    assert " -c 3" in " ".join(command(3) or ())
    assert command(0) is None
