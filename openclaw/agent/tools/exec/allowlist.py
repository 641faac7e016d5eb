"""`tools.exec.security: allowlist`: single programs, with the arguments that are known to be harmless."""

import re
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.exec.config import ExecConfig, SafeBinProfile

GRAMMARS: Mapping[str, SafeBinProfile] = {
    "jq": SafeBinProfile(max_positional=1, flags=("-c", "-r", "-s", "-S", "-e", "-M", "-n")),
    "cut": SafeBinProfile(
        flags=("-s", "--complement"), allowed_value_flags=("-b", "-c", "-d", "-f", "--output-delimiter")
    ),
    "uniq": SafeBinProfile(flags=("-c", "-d", "-i", "-u"), allowed_value_flags=("-f", "-s", "-w")),
    "head": SafeBinProfile(flags=("-q",), allowed_value_flags=("-n", "-c")),
    "tail": SafeBinProfile(flags=("-q",), allowed_value_flags=("-n", "-c")),
    "tr": SafeBinProfile(max_positional=2, flags=("-c", "-C", "-d", "-s", "-t")),
    "wc": SafeBinProfile(flags=("-c", "-m", "-l", "-L", "-w")),
}
"""They work on what is written to them and open nothing."""
INTERPRETERS = frozenset((
    "sh", "bash", "dash", "zsh", "ksh", "fish", "csh", "tcsh", "busybox", "python", "perl", "ruby", "node", "deno",
    "bun", "lua", "php", "awk", "gawk", "mawk", "sed", "env", "nice", "nohup", "stdbuf", "timeout", "xargs",
    "find", "sudo", "su", "doas", "ssh", "script", "expect", "tclsh", "osascript", "make", "git", "vi", "vim",
    "ed", "emacs", "less", "more", "man",
))  # fmt: skip
"""What runs whatever it is told to is no safe program, whoever lists it."""
_JQ_READS = re.compile(r"import|include|modulemeta|env|\$__|get_search_list|input_filename", re.IGNORECASE)


def allowed_argv(command: str, config: ExecConfig) -> tuple[str, ...]:
    """The program by its full name, and its arguments: never read by a shell. Blocks. Raises ToolError."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ToolError(f"the command cannot be read: {error}") from None
    if not words:
        raise ToolError("the command is empty")
    program = _program(words[0], config)
    grammar = config.safe_bin_profiles.get(program.name) or GRAMMARS.get(program.name) or SafeBinProfile()
    _check(program.name, words[1:], grammar)
    return (str(program), *words[1:])


def _program(word: str, config: ExecConfig) -> Path:
    name, folder = Path(word).name, Path(word).parent
    if name not in config.safe_bins or name.partition(".")[0].rstrip("0123456789") in INTERPRETERS:
        raise ToolError(f"{word} is not among the programs that may run here (tools.exec.safeBins)")
    trusted = [Path(each) for each in config.safe_bin_trusted_dirs]
    if word == name:
        found = next((place / name for place in trusted if (place / name).is_file()), None)
    else:
        found = Path(word) if folder in trusted and Path(word).is_file() else None
    if found is None:
        raise ToolError(f"{word} is in none of the folders {', '.join(map(str, trusted))}")
    for each in (found.resolve(), found.resolve().parent):
        if each.stat().st_uid != 0 or each.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise ToolError(f"{each} can be changed by others than root, so it is not run")
    return found


def _check(name: str, arguments: list[str], grammar: SafeBinProfile) -> None:
    positional = 0
    for argument in arguments:
        if argument.startswith("-"):
            if not _known(argument, grammar):
                raise ToolError(f"{name} may not be given {argument!r}; {_may(name, grammar)}")
            continue
        positional += 1
        if positional > grammar.max_positional:
            raise ToolError(f"{name} may not be given {argument!r} as well; {_may(name, grammar)}")
        if name == "jq" and _JQ_READS.search(argument):
            raise ToolError("jq may not be given a filter that reads files or the environment")


def _may(name: str, grammar: SafeBinProfile) -> str:
    values = (f"{flag}{'=' if flag.startswith('--') else ''}VALUE" for flag in grammar.allowed_value_flags)
    options = ", ".join((*grammar.flags, *values)) or "no options"
    return f"{name} may have {options} and {grammar.max_positional} other arguments"


def _known(argument: str, grammar: SafeBinProfile) -> bool:
    """To the letter: neither abbreviated nor several in one. A value is joined to its option."""
    if argument in grammar.flags:
        return True
    if argument.startswith("--"):
        option, joined, _ = argument.partition("=")
        return bool(joined) and option in grammar.allowed_value_flags
    return len(argument) > 2 and argument[:2] in grammar.allowed_value_flags
