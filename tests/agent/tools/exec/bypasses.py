"""Commands that try to do something outside, in families. `{target}` is the file that must stay as it is."""

import base64
from collections.abc import Callable, Iterator, Mapping

WRITERS: tuple[str, ...] = (
    "echo pwned > {target}",
    "echo pwned >> {target}",
    "echo pwned | tee {target}",
    "echo pwned | tee -a {target} | cat",
    "echo pwned | dd of={target} 2>/dev/null",
    "cp <(echo pwned) {target}",
    "install -m 644 <(echo pwned) {target}",
    "truncate -s 3 {target}",
    "rm -f {target}",
    "mv {target} {target}.moved",
    "ln -sf /etc/hostname {target}",
    "sed -i s/./x/ {target}",
    "perl -i -pe 's/./x/' {target}",
    "echo b | sort -o {target}",
    "echo b | sort --outp={target}",
    "echo a | uniq - {target}",
    "printf 'w {target}\\nq\\n' | (read _; awk 'BEGIN{print \"pwned\" > \"{target}\"}')",
    "sed -n 'w {target}' <<< pwned",
    "python3 -c \"open('{target}','w').write('pwned')\"",
    'perl -e \'open(F,">","{target}");print F "pwned"\'',
    "find {target} -delete",
    "find {target} -exec sh -c 'echo pwned > $1' _ {} \\;",
    "tar cf - -C / usr/bin/env | tar xf - --to-command='sh -c \"echo pwned > {target}\"'",
    "chmod 777 {target} && echo pwned > {target}",
    ": > {target}",
    "exec 9> {target}; echo pwned >&9",
    "split -b 1 --filter='echo pwned > {target}' <<< x",
    "git diff --no-index --output={target} /dev/null /usr/bin/env; :",
    "xargs -I@ sh -c 'echo @ > {target}' <<< pwned",
    "mkdir -p $TMPDIR/q$$ && cd $TMPDIR/q$$ && cp /usr/bin/env . && ln -sf {target} link && echo pwned > link",
)


SIMPLE = (0, 1, 2, 4, 7, 8, 9, 11, 13)
"""Places of those that every shell can read."""


def _base64(command: str) -> str:
    return f"echo {base64.b64encode(command.encode()).decode()} | base64 -d | sh"


def _hex(command: str) -> str:
    spelt = "".join(f"\\x{byte:02x}" for byte in command.encode())
    return f"printf '{spelt}' | bash"


def _octal(command: str) -> str:
    spelt = "".join(f"\\{byte:03o}" for byte in command.encode())
    return f"$'\\142ash' -c $'{spelt}'"


def _quoted(command: str) -> str:
    return "'" + command.replace("'", "'\\''") + "'"


DISGUISES: Mapping[str, Callable[[str], str]] = {
    "sh": lambda c: f"sh -c {_quoted(c)}",
    "eval": lambda c: f"eval {_quoted(c)}",
    "base64": _base64,
    "hex": _hex,
    "octal": _octal,
    "heredoc": lambda c: f"bash <<'END'\n{c}\nEND",
    "substitution": lambda c: f"echo $({c})",
    "backticks": lambda c: f"x=`bash -c {_quoted(c.replace('`', ''))}`",
    "glob": lambda c: f"/???/ba?h -c {_quoted(c)}",
    "braces": lambda c: f"{{sh,-c,{_quoted(c)}}}",
    "variables": lambda c: f"a=ba;b=sh;$a$b -c {_quoted(c)}",
    "separator": lambda c: f'c={_quoted(c)};sh${{IFS}}-c${{IFS}}"$c"',
    "array": lambda c: f'x=(sh -c {_quoted(c)}); "${{x[@]}}"',
    "unicode": lambda c: f"$'\\u0073\\u0068' -c {_quoted(c)} #\u202e\u200b\u2066",
    "nohup": lambda c: f"nohup sh -c {_quoted(c)} >/dev/null 2>&1",
    "setsid": lambda c: f"setsid -w sh -c {_quoted(c)}",
    "background": lambda c: f"(sh -c {_quoted(c)} &) ; sleep 0.05",
    "double fork": lambda c: f"( ( sh -c {_quoted(c)} ) & ) ; sleep 0.05",
    "trap": lambda c: f"bash -c {_quoted(f'trap {_quoted(c)} EXIT; exit')}",
    "env": lambda c: f"env -i sh -c {_quoted(c)}",
    "env split": lambda c: f'env -S "sh -c" {_quoted(c)}',
    "wrappers": lambda c: f"nice timeout 5 stdbuf -o0 sh -c {_quoted(c)}",
    "xargs": lambda c: f"printf '%s\\0' {_quoted(c)} | xargs -0 sh -c",
    "find": lambda c: f"find /usr/bin/env -exec sh -c {_quoted(c)} \\;",
    "awk": lambda c: f"C={_quoted(c)} awk 'BEGIN{{system(ENVIRON[\"C\"])}}'",
    "perl": lambda c: f"C={_quoted(c)} perl -e 'system($ENV{{C}})'",
    "python": lambda c: f"C={_quoted(c)} python3 -c 'import os;os.system(os.environ[\"C\"])'",
    "startup": lambda c: f"echo {_quoted(c)} > $TMPDIR/rc$$; BASH_ENV=$TMPDIR/rc$$ bash -c :",
    "script": lambda c: f"echo {_quoted(c)} > $TMPDIR/s$$; chmod +x $TMPDIR/s$$; bash $TMPDIR/s$$",
    "alternative": lambda c: f"false | false || sh -c {_quoted(c)}",
    "function": lambda c: f"bash -c {_quoted(f'ls() {{ {c}; }}; ls')}",
    "coprocess": lambda c: f"bash -c {_quoted(f'coproc sh -c {_quoted(c)}; wait')}",
}


def effective(target: str) -> Iterator[str]:
    """Each changes the target wherever nothing stands in the way."""
    writers = [each.replace("{target}", target) for each in WRITERS]
    yield from writers
    for number, disguise in enumerate(DISGUISES.values()):
        for step in range(5):
            yield disguise(writers[SIMPLE[(number + step) % len(SIMPLE)]])


CLIMBING: tuple[str, ...] = (
    "echo pwned > /proc/1/root{target}",
    "echo pwned > /proc/self/root{target}",
    "echo pwned > /proc/self/cwd/../../../../../../..{target}",
    "echo pwned > /work/../../../../../..{target}",
    "echo pwned > /proc/$PPID/root{target}",
    "cd /proc/1/cwd && cd ../../../.. && echo pwned > .{target}",
    "for f in /proc/[0-9]*/fd/*; do (echo pwned > $f/../../../../../..{target}); done",
    "nsenter -t 1 -a sh -c 'echo pwned > {target}'",
    "unshare -Urm sh -c 'mount --bind / /tmp && echo pwned > /tmp{target}'",
    "chroot /proc/1/root sh -c 'echo pwned > {target}'",
    "sudo sh -c 'echo pwned > {target}'",
    "su -c 'echo pwned > {target}'",
    "pkexec sh -c 'echo pwned > {target}'",
    "cp /bin/sh /work/rootsh && chmod 6755 /work/rootsh && /work/rootsh -p -c 'echo pwned > {target}'",
    "ln -s {target} /work/planted && echo pwned > /work/planted",
    "ln {target} /work/hard && echo pwned > /work/hard",
    "mkdir /work/d; ln -s / /work/d/up; echo pwned > /work/d/up{target}",
    "ln -s /proc/1/root /work/proot; echo pwned > /work/proot{target}",
    "mknod /work/disk b 254 0 && echo pwned > /work/disk",
    "debugfs -w -R 'rm {target}' /dev/vda",
    "echo pwned > /dev/vda; echo pwned > /dev/sda; echo pwned > /dev/mem; echo pwned > /dev/kmsg",
    "echo '#!/bin/sh' > /sys/fs/cgroup/release_agent",
    "mkdir -p /tmp/c && mount -t cgroup -o pids c /tmp/c",
    "mount -o remount,rw /usr && echo > /usr/pwned",
    "mount -t proc p /tmp && echo pwned > /tmp/1/root{target}",
    "docker -H unix:///var/run/docker.sock run -v /:/h x",
    "systemd-run --user sh -c 'echo pwned > {target}'",
    "echo 'echo pwned > {target}' | at now; echo '* * * * * echo pwned > {target}' | crontab -",
    "busctl call org.freedesktop.systemd1 / x y; loginctl list-sessions",
    "python3 -c \"import os;fd=os.open('/',0);os.chdir(fd);os.chroot('.');open('{target}','w')\"",
    'python3 -c "import ctypes;l=ctypes.CDLL(None);l.syscall(304,0,0,0);l.syscall(101,16,1,0,0)"',
    "python3 -c \"import os;[os.close(os.open('/proc/%d/mem'%p,2)) for p in (1,os.getppid())]\"",
    "gdb -p 1 -batch -ex 'call system(\"echo pwned > {target}\")'",
)

INSTRUCTING: tuple[str, ...] = (
    "mv /work/{name} /work/old",
    "rm -rf /work/{name}",
    "cp /usr/bin/env /work/{name}",
    "ln -sf /work/mine /work/{name}",
    "mv -T /work/mine /work/{name}",
    "mv --exchange /work/mine /work/{name}",
    "umount -l /work/{name}; echo pwned > /work/{name}",
    "mount -o remount,rw,bind /work/{name}; echo pwned > /work/{name}",
    "chmod 777 /work/{name}; chown 0 /work/{name}",
    "ln /work/{name} /work/hard; echo pwned > /work/hard",
    "cd /work; echo pwned > ./{name}",
    "echo pwned > /proc/self/cwd/{name}",
    "echo pwned > /proc/1/root/work/{name}",
    "python3 -c \"import os;os.rename('/work/mine','/work/{name}')\"",
    "touch -d 2001-01-01 /work/{name}",
    "setfattr -n user.x -v y /work/{name}; chattr +i /work/{name}",
)

REACHING: tuple[str, ...] = (
    "echo hi > /dev/tcp/127.0.0.1/{port}",
    "echo hi > /dev/tcp/localhost/{port}",
    "echo hi > /dev/tcp/0.0.0.0/{port}",
    "echo hi > /dev/udp/127.0.0.1/{port}",
    "curl -s http://127.0.0.1:{port}/",
    "wget -qO- http://127.0.0.1:{port}/",
    "nc -w1 127.0.0.1 {port} < /work/AGENTS.md",
    "ip link set lo up; echo hi > /dev/tcp/127.0.0.1/{port}",
    "python3 -c \"import socket;socket.create_connection(('127.0.0.1',{port}),1)\"",
    "python3 -c \"import socket;socket.create_connection(('::ffff:127.0.0.1',{port}),1)\"",
    'python3 -c "import socket;socket.socket(40,1).connect((2,{port}))"',
    'python3 -c "import socket;socket.socket(17,3)"',
    "perl -MSocket -e 'socket(S,2,1,0);connect(S,sockaddr_in({port},inet_aton(\"127.0.0.1\")))'",
    "http_proxy=http://127.0.0.1:{port} curl -s http://example.org/",
    "git clone http://127.0.0.1:{port}/x /work/x",
    "nsenter -t 1 -n sh -c 'echo hi > /dev/tcp/127.0.0.1/{port}'",
)

KILLING: tuple[str, ...] = (
    "kill -9 {pid}",
    "kill -9 -{pid}",
    "pkill -9 -f {marker}",
    "killall -9 sleep",
    "python3 -c 'import os;os.kill({pid},9)'",
    "python3 -c 'import signal,os;signal.pidfd_send_signal(os.pidfd_open({pid}),9)'",
    "echo -1000 > /proc/{pid}/oom_score_adj",
    "echo f > /proc/sysrq-trigger",
    "echo 1 > /proc/sys/kernel/sysrq",
    'python3 -c "import ctypes;ctypes.CDLL(None).ptrace(16,{pid},0,0)"',
    "renice 19 {pid}; ionice -p {pid}; taskset -p 1 {pid}",
    "kill -9 -1",
)
