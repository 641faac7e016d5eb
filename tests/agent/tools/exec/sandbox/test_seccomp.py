import struct
from pathlib import Path

import pytest

from openclaw.agent.tools.exec.sandbox import seccomp
from openclaw.agent.tools.exec.sandbox.seccomp import (
    ALLOW,
    KILL,
    MACHINES,
    NO_SUCH_CALL,
    NO_SUCH_FAMILY,
    NOT_PERMITTED,
)

CLONE_THREAD = 0x003D0F00
"""The flags of a thread."""


def verdict(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """The kernel's reading of the program, in a few lines."""
    code = seccomp.program(MACHINES[machine])
    data = struct.pack("<iIQ", number, architecture or MACHINES[machine].architecture, 0)
    data += struct.pack("<6Q", *arguments, *[0] * (6 - len(arguments)))
    place = accumulator = 0
    while True:
        operation, then, otherwise, value = struct.unpack_from("<HBBI", code, place * 8)
        place += 1
        match operation:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", data, value)
            case 0x15:
                place += then if accumulator == value else otherwise
            case 0x35:
                place += then if accumulator >= value else otherwise
            case 0x45:
                place += then if accumulator & value else otherwise
            case _:
                assert operation == 0x06
                return int(value)


@pytest.mark.parametrize("machine", MACHINES)
def test_every_refused_call_is_refused_and_no_other(machine: str) -> None:
    known = MACHINES[machine]
    special = {known.clone3, known.clone, known.ioctl, known.socket, known.socketpair}
    for number in set(range(600)) - special:
        wanted = NOT_PERMITTED if number in known.refused.values() else ALLOW
        assert verdict(machine, number) == wanted, number


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("call", "arguments", "wanted"),
    [
        ("clone", (CLONE_THREAD,), ALLOW),
        ("clone", (17,), ALLOW),
        *[("clone", (17 | 1 << bit,), NOT_PERMITTED) for bit in (17, 25, 26, 27, 28, 29, 30)],
        ("clone", (17 | 1 << 28 | 0xFFFF << 32,), NOT_PERMITTED),
        ("clone3", (), NO_SUCH_CALL),
        ("ioctl", (0, 0x5401), ALLOW),
        ("ioctl", (0, 0x5412), NOT_PERMITTED),
        ("ioctl", (0, 0x5412 | 1 << 32), NOT_PERMITTED),
        ("ioctl", (0, 0x541C), NOT_PERMITTED),
        *[("socket", (family,), ALLOW) for family in (1, 2, 10, 16)],
        *[("socket", (family,), NO_SUCH_FAMILY) for family in (0, 17, 21, 30, 31, 38, 40, 44)],
        ("socketpair", (1,), ALLOW),
        ("socketpair", (40,), NO_SUCH_FAMILY),
    ],
)
def test_what_depends_on_the_arguments(
    machine: str, call: str, arguments: tuple[int, ...], wanted: int
) -> None:
    assert verdict(machine, getattr(MACHINES[machine], call), *arguments) == wanted


def test_another_architecture_is_killed_and_a_second_interface_refused() -> None:
    assert verdict("x86_64", 1, architecture=0x40000003) == KILL
    assert verdict("aarch64", 1, architecture=0x40000028) == KILL
    assert verdict("x86_64", 0x40000000 + 101) == NOT_PERMITTED
    assert verdict("x86_64", 0x40000000 + 1) == NOT_PERMITTED


def test_no_jump_is_longer_than_a_byte_and_the_program_ends_by_returning() -> None:
    for machine in MACHINES.values():
        code = seccomp.program(machine)
        assert len(code) % 8 == 0
        assert len(code) // 8 < 256
        assert struct.unpack_from("<H", code, len(code) - 8) == (0x06,)


HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


@pytest.mark.parametrize("machine", MACHINES)
def test_the_numbers_are_the_kernels_own(machine: str) -> None:
    if not HEADERS[machine].exists():
        pytest.skip("the kernel's headers are not installed")
    numbers = {}
    for line in HEADERS[machine].read_text().splitlines():
        words = line.split()
        if len(words) == 3 and words[1].startswith("__NR") and words[2].isdigit():
            numbers[words[1].removeprefix("__NR3264_").removeprefix("__NR_")] = int(words[2])
    known = MACHINES[machine]
    ours = {**known.refused, "clone": known.clone, "clone3": known.clone3, "ioctl": known.ioctl}
    ours |= {"socket": known.socket, "socketpair": known.socketpair}
    assert {name: number for name, number in ours.items() if numbers.get(name, number) != number} == {}
    assert len(ours.keys() & numbers.keys()) > 40
