import pytest
from pydantic import ValidationError

from openclaw.store.config import BackupConfig


def test_the_ledger_is_copied_every_hour_unless_it_is_switched_off() -> None:
    assert BackupConfig().ledger.every_minutes == 60
    assert BackupConfig.model_validate({"ledger": {"everyMinutes": 0}}).ledger.every_minutes == 0


@pytest.mark.parametrize("config", [{"keep": 0}, {"ledger": {"keep": 0}}, {"ledger": {"everyMinutes": -1}}])
def test_the_last_copy_is_never_pruned(config: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        BackupConfig.model_validate(config)
