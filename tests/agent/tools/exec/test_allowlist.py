import os
from pathlib import Path

import pytest

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.exec.allowlist import GRAMMARS, INTERPRETERS, allowed_argv
from openclaw.agent.tools.exec.config import ExecConfig, SafeBinProfile

CONFIG = ExecConfig(safe_bins=(*ExecConfig().safe_bins, "date", "bash", "python3.11", "sort"))


@pytest.mark.parametrize(
    ("command", "argv"),
    [
        ("head -n5", ("head", "-n5")),
        ("/usr/bin/head -c 5", None),
        ("wc -l", ("wc", "-l")),
        ("cut -d, -f1 --complement", ("cut", "-d,", "-f1", "--complement")),
        ("cut --output-delimiter=x -f2", ("cut", "--output-delimiter=x", "-f2")),
        ("tr a-z A-Z", ("tr", "a-z", "A-Z")),
        ("tr 'a b' '$(id)'", ("tr", "a b", "$(id)")),
        ("date", ("date",)),
        ("head /etc/passwd", None),
        ("head -n5 /etc/passwd", None),
        ("head -n 5", None),
        ("uniq - /tmp/out", None),
        ("uniq --coun", None),
        ("cut --output-d=x", None),
        ("cut --comp", None),
        ("wc --files0-from=/etc/passwd", None),
        ("tail -f", None),
        ("tail --pid=1", None),
        ("head -n5; id", None),
        ("head | sh", None),
        ("head > /tmp/x", None),
        ("tr a b c", None),
        ("tr -- a b", None),
        ("wc -", None),
        ("date -s tomorrow", None),
        ("sort", ("sort",)),
        ("sort -o x", None),
        ("bash", None),
        ("python3.11", None),
        ("ls", None),
        ("./head", None),
        ("/tmp/head", None),
        ("../usr/bin/head", None),
        ("PATH=/tmp head", None),
        ("$(head)", None),
        ("", None),
        ("head 'unclosed", None),
        ("missing", None),
    ],
)
def test_only_what_is_known_to_be_harmless_passes(command: str, argv: tuple[str, ...] | None) -> None:
    if argv is None:
        with pytest.raises(ToolError):
            allowed_argv(command, CONFIG)
    else:
        program, *arguments = allowed_argv(command, CONFIG)
        assert program.endswith(f"bin/{argv[0]}")
        assert tuple(arguments) == argv[1:]


@pytest.mark.skipif(os.getuid() != 0, reason="only root makes programs of root's")
@pytest.mark.parametrize(
    "filter_",
    [
        "env.HOME",
        "$ENV",
        'import "x" as $d {search: "/etc"}; $d',
        'include "x"; .',
        "input_filename",
        "$__prog_args",
    ],
)
def test_jq_reads_no_files_and_no_environment(tmp_path: Path, filter_: str) -> None:
    program = _program(tmp_path, "jq")
    with pytest.raises(ToolError, match="jq may not"):
        allowed_argv(f"{program} '{filter_}'", ExecConfig(safe_bin_trusted_dirs=(str(tmp_path),)))


def _program(folder: Path, name: str, mode: int = 0o755) -> Path:
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(mode)
    return path


def test_an_owners_profile_says_what_a_program_may_be_given() -> None:
    profile = SafeBinProfile(max_positional=1, flags=("-u",), allowed_value_flags=("--date",))
    config = ExecConfig(safe_bins=("date",), safe_bin_profiles={"date": profile})
    assert allowed_argv("date -u --date=tomorrow +%F", config)[1:] == ("-u", "--date=tomorrow", "+%F")
    for refused in ("date -us", "date --date", "date --dat=tomorrow", "date +%F +%T", "date -s now"):
        with pytest.raises(ToolError, match="date may have -u, --date=VALUE and 1 other arguments"):
            allowed_argv(refused, config)


@pytest.mark.skipif(os.getuid() != 0, reason="only root makes programs of root's")
def test_a_program_that_others_can_change_is_not_run(tmp_path: Path) -> None:
    config = ExecConfig(safe_bins=("mine",), safe_bin_trusted_dirs=(str(tmp_path),))
    tmp_path.chmod(0o755)
    assert allowed_argv("mine", _made(config, tmp_path, 0o755)) == (str(tmp_path / "mine"),)
    with pytest.raises(ToolError, match="can be changed by others than root"):
        allowed_argv("mine", _made(config, tmp_path, 0o775))
    _made(config, tmp_path, 0o755)
    tmp_path.chmod(0o777)
    with pytest.raises(ToolError, match="can be changed by others than root"):
        allowed_argv("mine", config)


def _made(config: ExecConfig, folder: Path, mode: int) -> ExecConfig:
    _program(folder, "mine", mode)
    return config


def test_no_interpreter_has_a_grammar() -> None:
    assert not GRAMMARS.keys() & INTERPRETERS
    assert not set(ExecConfig().safe_bins) & INTERPRETERS
