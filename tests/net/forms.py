"""Ways to write an address that is not on the public internet, as the host of a URL."""

from collections.abc import Iterator

INNER_V4 = (
    "0.0.0.0", "0.0.0.1", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.254",
    "127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.255.255", "168.63.129.16", "169.254.0.1", "169.254.169.254",
    "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.0.192", "192.0.2.1", "192.31.196.1",
    "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "192.175.48.1", "198.18.0.1", "198.19.255.255",
    "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
)  # fmt: skip
INNER_V6 = (
    "::", "::1", "::127.0.0.1", "::a9fe:a9fe", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "::ffff:93.184.216.34", "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "64:ff9b::5db8:d822", "64:ff9b:1::7f00:1", "64:ff9b:1:ffff::1", "100::1",
    "2001::1", "2001:0:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:2::1", "2001:10::1", "2001:20::1",
    "2001:db8::1", "2002:7f00:1::", "2002:7f00:1::1", "2002:a00:1::1", "2002:a9fe:a9fe::1", "2002:c0a8:1::1",
    "2620:4f:8000::1", "3ffe::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1", "8000::1", "fc00::1", "fd00::1",
    "fd00:ec2::254", "fdff:ffff::1", "fe80::1", "fe80::a9fe:a9fe", "febf::1", "fec0::1", "feff::1", "ff01::1",
    "ff02::1", "ff05::1:3", "ff0e::1", "1::1", "0100::1", "200::1", "::2", "::ffff:ffff:ffff:ffff",
)  # fmt: skip
INNER = (*INNER_V4, *INNER_V6)


def numbers(address: str) -> Iterator[str]:
    """What old resolvers read as that IPv4 address."""
    a, b, c, d = (int(part) for part in address.split("."))
    whole, low24, low16 = (a << 24) | (b << 16) | (c << 8) | d, (b << 16) | (c << 8) | d, (c << 8) | d
    yield from (
        str(whole),
        hex(whole),
        f"0X{whole:X}",
        f"0{whole:o}",
        f"0x{whole:016x}",
        str(whole + (1 << 32)),
    )
    yield from (f"{a}.{low24}", f"{a}.{b}.{low16}", f"{a:#x}.{low24:#x}", f"0{a:o}.0{low24:o}")
    yield from (
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"{a:#x}.{b:#x}.{c:#x}.{d:#x}",
        f"{a:03}.{b:03}.{c:03}.{d:03}",
    )
    yield from (
        f"{a:#x}.{b}.{c}.0{d:o}",
        f"{a}.{b}.{c}.{d}.",
        f"{a + 256}.{b}.{c}.{d}",
        f"{a}.{b}.{c}.{d:#x}",
    )


NUMBERS = tuple(form for address in ("127.0.0.1", "169.254.169.254", "10.0.0.1") for form in numbers(address))

DISGUISED = (
    # other people's digits, dots and letters
    "１２７.０.０.１", "127。0。0。1", "127．0．0．1", "①②⑦.⓪.⓪.①", "𝟏𝟐𝟕.𝟎.𝟎.𝟏", "١٢٧.٠.٠.١", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "ｌｏｃａｌｈｏｓｔ", "loc\u00adalhost", "local\u200bhost", "127.0.0.1\u200b", "lоcalhost", "0\u0307.0.0.0",
    # percent signs, which a host may not have
    "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "127.0.0.1%00.example.org", "loc%61lhost", "127.0.0.1%2f.example.org",
    "[::1%25lo]", "[fe80::1%eth0]", "[::1%251]",
    # names of this machine and its network
    "localhost", "LOCALHOST", "localhost.", "localhost..", "LocalHost.LocalDomain", "a.localhost",
    "localhost.localdomain",
    "ip6-localhost", "broadcasthost", "router.lan", "printer.local", "nas.home", "nas.home.arpa", "db.internal",
    "metadata.google.internal", "metadata", "kubernetes.default.svc", "intranet", "wiki.corp", "x.private", "host.test",
    "foo.invalid", "hidden.onion", "gateway.docker.internal",
    # dots, lengths and signs that no name has
    ".", "..", ".127.0.0.1", "127..0.0.1", "127.0.0.1..", "127.0.0", "1", "0", "00", "0x", "0x0", "-1", "1e3",
    "0.0.0.0.0", "127.0.0.1.1", "1.2.3.4.5.6.7.8", "256.256.256.256", "a..example.org", "-.example.org",
    "a_.-b.example", "*.example.org", "x" * 64 + ".example.org", "a." * 127 + "example.org", "exa mple.org",
    "exam\tple.org",
    # brackets
    "[]", "[", "[::1", "::1]", "[127.0.0.1]", "[::ffff:127.0.0.1", "[::1]]", "[[::1]]", "[v1.fe80::1]",
    "[1:2:3:4:5:6:7]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::0:1]", "[0::1]",
    "[::FFFF:7F00:0001]",
    "[0:0:0:0:0:ffff:127.0.0.1]", "[::ffff:0x7f.1]", "[::ffff:127.1]", "[2002:7F00:0001::]",
    # logins, backslashes, and other quarrels between those who read addresses
    "user@127.0.0.1", "user:pw@localhost", "example.org@127.0.0.1", "127.0.0.1@example.org", "example.org:80@127.0.0.1",
    "example.org\\@127.0.0.1", "127.0.0.1\\@example.org", "example.org\\.127.0.0.1", "@127.0.0.1", "127.0.0.1:22",
    "127.0.0.1:0", "127.0.0.1:65536", "localhost:6379", "site.example.org:22", "site.example.org:8080", ":80", "::1",
    "::ffff:127.0.0.1", "example.org\r\nHost:127.0.0.1", "example.org\x00", "\x00127.0.0.1", "127.0.0.1\n",
)  # fmt: skip
"""None of these may be asked, whatever a resolver thinks of it."""

FORMS = tuple(dict.fromkeys((*INNER_V4, *(f"[{address}]" for address in INNER_V6), *NUMBERS, *DISGUISED)))
