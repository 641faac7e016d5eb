"""Taking a port, and naming who has it when it is taken."""

import errno
import shutil
import socket
import subprocess
from ipaddress import ip_address
from pathlib import Path

from openclaw.types.errors import ConfigError, OpenClawError
from openclaw.web.config import GatewayConfig, WebhooksConfig

BACKLOG = 512


class PortBusyError(OpenClawError):
    """Somebody else listens there; the text names them where the system tells."""

    def __init__(self, host: str, port: int, holder: str) -> None:
        who = f"held by {holder}" if holder else "held by another process"
        super().__init__(f"port {port} on {host} is {who}; stop it or choose another with --port")
        self.host = host
        self.port = port
        self.holder = holder


def bind_hosts(config: GatewayConfig | WebhooksConfig, section: str) -> tuple[str, ...]:
    """The addresses that `bind` means; loopback is always reached by them, for the command line's sake.

    Raises ConfigError.
    """
    match config.bind:
        case "auto" | "loopback":
            return ("127.0.0.1",)
        case "lan":
            return ("0.0.0.0",)  # noqa: S104 - asked for in so many words
        case "tailnet":
            raise ConfigError(
                f"{section}.bind",
                "the tailnet's address cannot be found by itself",
                f'Set {section}.bind to "custom" and {section}.customBindHost to that address.',
            )
        case "custom":
            host = config.custom_bind_host or ""
            if not _is_address(host):
                raise ConfigError(
                    f"{section}.customBindHost", "is no IP address", "Name the address to listen on."
                )
            return (host,) if host in {"0.0.0.0", "127.0.0.1"} else (host, "127.0.0.1")  # noqa: S104


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any that is free. Raises PortBusyError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small answers at once only on sockets that name their protocol.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # A port whose last connections are still closing may be taken again; on Linux never one that is listened on.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortBusyError(host, port, holder_of(port)) from None
        raise OpenClawError(f"cannot listen on {host}:{port}: {error.strerror}") from None
    listener.setblocking(False)
    return listener


def holder_of(port: int) -> str:
    """`pid 4711 (node gateway.js)`, or empty where the system does not tell us."""
    pid = _holder_in_proc(port) if Path("/proc/net/tcp").exists() else _holder_by_lsof(port)
    return f"pid {pid} ({_command(pid)})" if pid else ""


def _holder_in_proc(port: int) -> str:
    inodes = {f"socket:[{inode}]" for table in ("tcp", "tcp6") for inode in _listening(table, port)}
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if inodes and str(descriptor.readlink()) in inodes:
                return descriptor.parts[2]
        except OSError:  # ended meanwhile, or another user's
            continue
    return ""


def _listening(table: str, port: int) -> list[str]:
    path = Path("/proc/net", table)
    rows = path.read_text().splitlines()[1:] if path.exists() else []
    columns = [row.split() for row in rows]
    # Column 1 is the local address, 3 the state (0A: listening), 9 the inode.
    return [row[9] for row in columns if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port]


def _holder_by_lsof(port: int) -> str:
    lsof = shutil.which("lsof")
    if lsof is None:
        return ""
    command = [lsof, "-nP", "-t", f"-iTCP:{port}", "-sTCP:LISTEN"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=2, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return ""
    return found.stdout.split()[0] if found.stdout.split() else ""


def _command(pid: str) -> str:
    try:
        words = Path("/proc", pid, "cmdline").read_bytes().split(b"\0")
    except OSError:
        return "unknown"
    return " ".join(word.decode("utf-8", "replace") for word in words if word)[:80] or "unknown"


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
