"""System calls that no command needs and many break-outs begin with, as a filter for the kernel."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_IF_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_IF_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_IF_ANY_BIT = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K

_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Where `struct seccomp_data` holds them; both machines store an argument's low half first."""

ALLOW = 0x7FFF0000
KILL = 0x80000000
_ERROR = 0x00050000
NOT_PERMITTED = _ERROR | 1
NO_SUCH_CALL = _ERROR | 38
NO_SUCH_FAMILY = _ERROR | 97

NEW_NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
"""CLONE_NEW… for mounts, cgroups, uts, ipc, user, pid and net."""
TERMINAL_INJECTION = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX put words into the terminal that started us."""
FAMILIES = (1, 2, 10, 16)
"""Unix, IPv4, IPv6, netlink. Of the rest some know no network namespaces: vsock reaches the hypervisor."""
_X32 = 0x40000000
"""The calls' numbers of a second, 32-bit interface on the same architecture."""


@dataclass(frozen=True, slots=True)
class Machine:
    architecture: int
    """AUDIT_ARCH_…"""
    refused: Mapping[str, int]
    clone: int
    clone3: int
    ioctl: int
    socket: int
    socketpair: int
    second_interface: bool = False


_MODERN = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_getfd": 438, "process_madvise": 440,
    "mount_setattr": 442, "quotactl_fd": 443, "statmount": 457, "listmount": 458, "open_tree_attr": 467,
}  # fmt: skip
"""Calls of the last years have one number everywhere."""

_X86_64 = {
    "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "swapon": 167, "swapoff": 168, "reboot": 169,
    "sethostname": 170, "setdomainname": 171, "init_module": 175, "finit_module": 313, "delete_module": 176,
    "kexec_load": 246, "kexec_file_load": 320, "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311,
    "kcmp": 312, "bpf": 321, "userfaultfd": 323, "perf_event_open": 298, "keyctl": 250, "add_key": 248,
    "request_key": 249, "unshare": 272, "setns": 308, "quotactl": 179, "acct": 163, "syslog": 103,
    "settimeofday": 164, "clock_settime": 227, "clock_adjtime": 305, "adjtimex": 159, "iopl": 172, "ioperm": 173,
    "lookup_dcookie": 212, "open_by_handle_at": 304, "name_to_handle_at": 303, "fanotify_init": 300,
    "fanotify_mark": 301, "vhangup": 153, "move_pages": 279, "migrate_pages": 256, "uselib": 134, "ustat": 136,
    "sysfs": 139, "_sysctl": 156, "create_module": 174, "get_kernel_syms": 177, "query_module": 178,
    "nfsservctl": 180, "modify_ldt": 154,
}  # fmt: skip

_AARCH64 = {
    "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "swapon": 224, "swapoff": 225, "reboot": 142,
    "sethostname": 161, "setdomainname": 162, "init_module": 105, "finit_module": 273, "delete_module": 106,
    "kexec_load": 104, "kexec_file_load": 294, "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271,
    "kcmp": 272, "bpf": 280, "userfaultfd": 282, "perf_event_open": 241, "keyctl": 219, "add_key": 217,
    "request_key": 218, "unshare": 97, "setns": 268, "quotactl": 60, "acct": 89, "syslog": 116,
    "settimeofday": 170, "clock_settime": 112, "clock_adjtime": 266, "adjtimex": 171, "lookup_dcookie": 18,
    "open_by_handle_at": 265, "name_to_handle_at": 264, "fanotify_init": 262, "fanotify_mark": 263, "vhangup": 58,
    "move_pages": 239, "migrate_pages": 238, "nfsservctl": 42,
}  # fmt: skip

MACHINES: Mapping[str, Machine] = {
    "x86_64": Machine(0xC000003E, _X86_64 | _MODERN, 56, 435, 16, 41, 53, second_interface=True),
    "aarch64": Machine(0xC00000B7, _AARCH64 | _MODERN, 220, 435, 29, 198, 199),
}


@dataclass(frozen=True, slots=True)
class _Step:
    code: int
    value: int = 0
    then: str = ""
    otherwise: str = ""
    label: str = ""


def program(machine: Machine) -> bytes:
    """An array of `struct sock_filter`."""
    steps = list(_steps(machine))
    places = {step.label: place for place, step in enumerate(steps) if step.label}
    return b"".join(_assembled(step, place, places) for place, step in enumerate(steps))


def _assembled(step: _Step, place: int, places: Mapping[str, int]) -> bytes:
    # A jump counts the instructions that it leaves out.
    then, otherwise = (places[to] - place - 1 if to else 0 for to in (step.then, step.otherwise))
    return struct.pack("<HBBI", step.code, then, otherwise, step.value)


def _steps(machine: Machine) -> Iterator[_Step]:
    yield _Step(_LOAD, _ARCHITECTURE)
    yield _Step(_IF_EQUAL, machine.architecture, otherwise="kill")
    yield _Step(_LOAD, _NUMBER)
    if machine.second_interface:
        yield _Step(_IF_AT_LEAST, _X32, then="refuse")
    # Its flags lie in memory, where no filter can look; the C library falls back to clone.
    yield _Step(_IF_EQUAL, machine.clone3, then="unknown")
    for number in sorted(machine.refused.values()):
        yield _Step(_IF_EQUAL, number, then="refuse")
    yield _Step(_IF_EQUAL, machine.clone, then="clone")
    yield _Step(_IF_EQUAL, machine.ioctl, then="ioctl")
    yield _Step(_IF_EQUAL, machine.socket, then="socket")
    yield _Step(_IF_EQUAL, machine.socketpair, then="socket", otherwise="allow")
    yield _Step(_LOAD, _ARGUMENTS, label="clone")
    yield _Step(_IF_ANY_BIT, NEW_NAMESPACES, then="refuse", otherwise="allow")
    yield _Step(_LOAD, _ARGUMENTS + 8, label="ioctl")
    for request in TERMINAL_INJECTION:
        yield _Step(_IF_EQUAL, request, then="refuse")
    yield _Step(_RETURN, ALLOW)
    yield _Step(_LOAD, _ARGUMENTS, label="socket")
    for family in FAMILIES:
        yield _Step(_IF_EQUAL, family, then="allow")
    yield _Step(_RETURN, NO_SUCH_FAMILY)
    yield _Step(_RETURN, NOT_PERMITTED, label="refuse")
    yield _Step(_RETURN, NO_SUCH_CALL, label="unknown")
    yield _Step(_RETURN, KILL, label="kill")
    yield _Step(_RETURN, ALLOW, label="allow")
