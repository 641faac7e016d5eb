import pytest
from pydantic import ValidationError

from openclaw.web.hooks.config import HookMapping, HooksConfig


@pytest.mark.parametrize(
    ("mapping", "path"),
    [({"id": "alarm"}, "alarm"), ({"id": "a", "match": {"path": "door-1.open"}}, "door-1.open")],
)
def test_a_mapping_has_the_address_it_names(mapping: dict[str, object], path: str) -> None:
    assert HookMapping.model_validate(mapping).path == path


@pytest.mark.parametrize(
    "mapping", [{}, {"id": "wake"}, {"id": "agent"}, {"id": "../x"}, {"match": {"path": "a/b"}}, {"id": ""}]
)
def test_a_mapping_without_an_address_of_its_own_is_refused(mapping: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=r"id or match\.path is required"):
        HookMapping.model_validate(mapping)


@pytest.mark.parametrize(("written", "path"), [("hooks", "/hooks"), ("/a/b/", "/a/b")])
def test_the_prefix_is_a_path(written: str, path: str) -> None:
    assert HooksConfig.model_validate({"path": written}).path == path


@pytest.mark.parametrize("written", ["/", "", "/a b", "/../x"])
def test_hooks_never_lie_at_the_root(written: str) -> None:
    with pytest.raises(ValidationError, match="it cannot be / itself"):
        HooksConfig.model_validate({"path": written})
