from openclaw.web.health import Readiness


def test_ready_when_nothing_keeps_it_from_work() -> None:
    readiness = Readiness(starting="the ledger is being opened")
    assert not readiness.ready
    readiness.block("storage_full", "the disk is full")
    readiness.clear("starting")
    assert dict(readiness.reasons) == {"storage_full": "the disk is full"}
    readiness.clear("storage_full")
    readiness.clear("storage_full")
    assert readiness.ready
