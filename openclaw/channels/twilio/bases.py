"""The public addresses under which Twilio knows us, from the config alone: a request's own host is a claim."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Bases:
    prefixes: tuple[str, ...] = ()
    """`https://host` or `https://host/path`, without a slash at the end; the first is canonical."""
    exact: str | None = None
    """One full URL that no prefix and path make: a tunnel rewrites it."""
    exact_paths: frozenset[str] = frozenset()
    """The paths at which requests to `exact` arrive."""

    def __bool__(self) -> bool:
        return bool(self.prefixes)

    def candidates(self, path: str, query: str) -> Iterator[str]:
        """The URLs that Twilio may have signed; `path` and `query` as they came, not decoded."""
        tail = f"?{query}" if query else ""
        for prefix in self.prefixes:
            yield prefix + path + tail
        if self.exact is not None and path in self.exact_paths:
            yield self.exact + tail

    def url(self, path: str) -> str:
        """The canonical public URL of a path, for callbacks. Only where there is a base."""
        return self.prefixes[0] + path


def bases_of(urls: Sequence[str], full_url: str | None, paths: Sequence[str]) -> Bases:
    """`full_url` is the public URL of one of `paths`."""
    prefixes = [url.rstrip("/") for url in urls]
    exact = None
    if full_url:
        # The longest path first: `/webhooks/sms` ends in `/sms` as well.
        path = next((path for path in sorted(paths, key=len, reverse=True) if full_url.endswith(path)), None)
        if path is None:
            exact, parts = full_url, urlsplit(full_url)
            prefixes.append(f"{parts.scheme}://{parts.netloc}")
        else:
            prefixes.append(full_url.removesuffix(path))
    return Bases(tuple(dict.fromkeys(prefixes)), exact, frozenset(paths))
