"""Every check there is, in the order in which it is told."""

from openclaw.doctor.checking import Check, blocking
from openclaw.doctor.checks import (
    channels,
    configuration,
    conversations,
    daemon,
    files,
    habits,
    keeping,
    keys,
    ledger,
    machine,
    webhooks,
)

WHOSE = Check("whose home it is", blocking(conversations.whose))

CHECKS: tuple[Check, ...] = (
    WHOSE,
    Check("the config", blocking(configuration.configuration)),
    Check("what the config lets in", blocking(configuration.security)),
    Check("the files and folders", blocking(files.files)),
    Check("the ledger", blocking(ledger.ledger), seconds=40.0),
    Check("the conversations", blocking(conversations.conversations), seconds=60.0),
    Check("the lock", blocking(daemon.lock)),
    Check("the running assistant", blocking(daemon.daemon)),
    Check("the ports", blocking(daemon.ports)),
    Check("the secrets", keys.unreadable),
    Check("the models' keys", blocking(keys.missing)),
    Check("how the keys fare", keys.resting),
    Check("whether the keys are taken", keys.taken),
    Check("how the channels work", channels.working),
    Check("the channels' providers", channels.probed),
    Check("Twilio's numbers", webhooks.drifted),
    Check("the public addresses", webhooks.reachable),
    Check("calls from outside", webhooks.believed),
    Check("the registration of the numbers", webhooks.registered),
    Check("the sandbox", blocking(machine.sandbox)),
    Check("the disk", blocking(machine.disk)),
    Check("SQLite", blocking(machine.sqlite)),
    Check("the clock", machine.clock, last=True),
    Check("the service", blocking(keeping.service)),
    Check("the backups", blocking(keeping.backups)),
    Check("secrets in plain text", blocking(keeping.plain_secrets)),
    Check("who shares a conversation", blocking(habits.shared_sessions)),
    Check("who may write", blocking(habits.open_doors)),
    Check("what it may cost", blocking(habits.money)),
    Check("the workspace", blocking(habits.workspace)),
)
