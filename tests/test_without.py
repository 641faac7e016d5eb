import importlib
import sys
import threading

import pytest

from openclaw.without import load, without

UNUSED = "wave"
"""A module of the standard library that nothing here loads."""


def test_what_is_left_out_cannot_be_imported_in_the_block_and_can_be_afterwards() -> None:
    sys.modules.pop(UNUSED, None)
    with without(UNUSED), pytest.raises(ModuleNotFoundError):
        importlib.import_module(UNUSED)
    assert importlib.import_module(UNUSED).__name__ == UNUSED


def test_what_is_loaded_already_stays() -> None:
    with without("json"):
        assert importlib.import_module("json") is sys.modules["json"]
    assert sys.modules["json"] is not None


def test_it_is_there_again_after_a_failure() -> None:
    sys.modules.pop(UNUSED, None)
    with pytest.raises(ValueError, match="stop"), without(UNUSED):
        raise ValueError("stop")
    assert UNUSED not in sys.modules


def test_whoever_needs_it_all_the_same_waits_for_the_end_of_the_block() -> None:
    sys.modules.pop(UNUSED, None)
    needing = threading.Thread(target=load, args=(UNUSED,))
    with without(UNUSED):
        needing.start()
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(UNUSED)
    needing.join()
    assert sys.modules[UNUSED].__name__ == UNUSED
