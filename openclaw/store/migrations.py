"""The ledger's schema, step by step. A released step is never edited; a new one is added below it."""

STEPS: tuple[str, ...] = (
    """
    CREATE TABLE inbox (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL UNIQUE,
        channel TEXT NOT NULL,
        account TEXT NOT NULL,
        received_at TEXT NOT NULL,
        sequence INTEGER,
        raw BLOB NOT NULL,
        event TEXT,
        state TEXT NOT NULL,
        reason TEXT NOT NULL DEFAULT '',
        role TEXT NOT NULL DEFAULT 'stranger',
        agent TEXT NOT NULL DEFAULT '',
        session_key TEXT,
        run_id TEXT NOT NULL,
        trace_id TEXT NOT NULL,
        finished_at TEXT
    );
    CREATE INDEX inbox_accepted ON inbox(seq) WHERE state = 'accepted';
    CREATE INDEX inbox_waiting ON inbox(session_key, seq) WHERE state IN ('queued', 'running');
    CREATE INDEX inbox_sequences ON inbox(channel, account, seq) WHERE sequence IS NOT NULL;
    CREATE INDEX inbox_unfinished ON inbox(state) WHERE finished_at IS NULL;
    CREATE INDEX inbox_finished ON inbox(finished_at) WHERE finished_at IS NOT NULL;
    CREATE INDEX inbox_runs ON inbox(run_id);

    CREATE TABLE sessions (
        key TEXT PRIMARY KEY,
        agent TEXT NOT NULL,
        session_id TEXT NOT NULL,
        entry TEXT NOT NULL,
        updated_at INTEGER NOT NULL
    );

    CREATE TABLE turns (
        run_id TEXT PRIMARY KEY,
        inbox_seq INTEGER NOT NULL UNIQUE REFERENCES inbox(seq) ON DELETE CASCADE,
        session_key TEXT NOT NULL,
        session_id TEXT NOT NULL,
        state TEXT NOT NULL,
        resumes INTEGER NOT NULL DEFAULT 0,
        started_at TEXT NOT NULL,
        ended_at TEXT
    );

    CREATE TABLE steps (
        run_id TEXT NOT NULL REFERENCES turns(run_id) ON DELETE CASCADE,
        n INTEGER NOT NULL,
        kind TEXT NOT NULL,
        call_id TEXT NOT NULL DEFAULT '',
        body TEXT NOT NULL,
        boot_id TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (run_id, n)
    ) WITHOUT ROWID;

    CREATE TABLE outbox (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        inbox_seq INTEGER,
        part INTEGER NOT NULL,
        channel TEXT NOT NULL,
        account TEXT NOT NULL,
        recipient TEXT NOT NULL,
        thread TEXT,
        text TEXT NOT NULL,
        rich TEXT,
        purpose TEXT NOT NULL,
        audience TEXT NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        marked INTEGER NOT NULL DEFAULT 0,
        boot_id TEXT NOT NULL DEFAULT '',
        retry_at TEXT,
        provider_id TEXT,
        reason TEXT NOT NULL DEFAULT '',
        trace_id TEXT NOT NULL,
        created_at TEXT NOT NULL,
        sent_at TEXT,
        UNIQUE (inbox_seq, part)
    );
    CREATE INDEX outbox_due ON outbox(channel, account, recipient, seq) WHERE state = 'pending';
    CREATE INDEX outbox_states ON outbox(state, seq);

    CREATE TABLE echoes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        outbox_id TEXT,
        kind TEXT NOT NULL,
        target TEXT NOT NULL,
        lines TEXT NOT NULL,
        released INTEGER NOT NULL
    );
    CREATE INDEX echoes_of_outbox ON echoes(outbox_id) WHERE released = 0;
    CREATE INDEX echoes_released ON echoes(target, id) WHERE released = 1;

    CREATE TABLE traces (
        id TEXT PRIMARY KEY,
        at TEXT NOT NULL,
        channel TEXT NOT NULL,
        event TEXT NOT NULL,
        session_key TEXT,
        outcome TEXT NOT NULL,
        reason TEXT NOT NULL DEFAULT '',
        spans TEXT NOT NULL
    );
    CREATE INDEX traces_at ON traces(at);

    CREATE TABLE usage (
        at TEXT NOT NULL,
        agent TEXT NOT NULL,
        model TEXT NOT NULL,
        channel TEXT NOT NULL,
        session_key TEXT NOT NULL,
        trace_id TEXT NOT NULL,
        input INTEGER NOT NULL,
        output INTEGER NOT NULL,
        cache_read INTEGER NOT NULL,
        cache_write INTEGER NOT NULL,
        cost REAL NOT NULL,
        kind TEXT NOT NULL
    );
    CREATE INDEX usage_at ON usage(at);

    CREATE TABLE webhook_audit_log (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        channel TEXT NOT NULL,
        path TEXT NOT NULL,
        outcome TEXT NOT NULL,
        reason TEXT NOT NULL DEFAULT '',
        event_key TEXT
    );
    CREATE INDEX webhook_audit_log_at ON webhook_audit_log(at);

    CREATE TABLE processed_webhook_events (
        event_key TEXT PRIMARY KEY,
        channel TEXT NOT NULL,
        at TEXT NOT NULL,
        expires_at TEXT NOT NULL
    );
    """,
    "ALTER TABLE usage ADD COLUMN sender TEXT NOT NULL DEFAULT '';",
    """
    ALTER TABLE outbox ADD COLUMN edits TEXT;
    ALTER TABLE outbox ADD COLUMN step INTEGER;
    ALTER TABLE outbox ADD COLUMN source TEXT;
    ALTER TABLE turns ADD COLUMN preview TEXT;
    """,
    """
    ALTER TABLE outbox ADD COLUMN buttons TEXT;

    CREATE TABLE approvals (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        run_id TEXT NOT NULL,
        call_id TEXT NOT NULL,
        agent TEXT NOT NULL,
        session_key TEXT NOT NULL,
        tool TEXT NOT NULL,
        kind TEXT NOT NULL,
        why TEXT NOT NULL,
        arguments TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        summary TEXT NOT NULL,
        text TEXT NOT NULL,
        outbox_id TEXT,
        state TEXT NOT NULL,
        asked_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        decided_by TEXT NOT NULL DEFAULT '',
        decided_at TEXT,
        used_by_boot TEXT
    );
    CREATE INDEX approvals_pending ON approvals(seq) WHERE state = 'pending';
    CREATE INDEX approvals_of_run ON approvals(run_id, seq);
    """,
    """
    CREATE TABLE jobs (
        id TEXT PRIMARY KEY,
        agent TEXT NOT NULL,
        creator TEXT NOT NULL,
        enabled INTEGER NOT NULL,
        next_run_at INTEGER,
        running TEXT,
        job TEXT NOT NULL,
        state TEXT NOT NULL,
        created_at INTEGER NOT NULL
    );
    CREATE INDEX jobs_due ON jobs(next_run_at) WHERE enabled = 1 AND running IS NULL;
    CREATE INDEX jobs_of_creator ON jobs(creator);

    CREATE TABLE job_runs (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL UNIQUE,
        job_id TEXT NOT NULL,
        due_at INTEGER NOT NULL,
        started_at INTEGER NOT NULL,
        ended_at INTEGER,
        session_key TEXT NOT NULL,
        event TEXT NOT NULL,
        status TEXT,
        error TEXT NOT NULL DEFAULT '',
        summary TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX job_runs_of_job ON job_runs(job_id, seq);
    CREATE INDEX job_runs_open ON job_runs(seq) WHERE ended_at IS NULL;

    CREATE TABLE system_events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL UNIQUE,
        agent TEXT NOT NULL,
        text TEXT NOT NULL,
        provenance TEXT NOT NULL,
        at INTEGER NOT NULL,
        taken_by TEXT
    );
    CREATE INDEX system_events_waiting ON system_events(agent, seq) WHERE taken_by IS NULL;
    """,
    """
    CREATE TABLE twilio_sms (
        sid TEXT PRIMARY KEY,
        direction TEXT NOT NULL,
        from_number TEXT NOT NULL,
        to_number TEXT NOT NULL,
        body TEXT NOT NULL,
        status TEXT NOT NULL,
        error_code INTEGER,
        at TEXT NOT NULL,
        channel TEXT NOT NULL DEFAULT 'sms',
        segments INTEGER NOT NULL DEFAULT 1,
        cost REAL NOT NULL DEFAULT 0,
        outbox_id TEXT NOT NULL DEFAULT '',
        updated_at TEXT NOT NULL
    );
    CREATE INDEX twilio_sms_at ON twilio_sms(at);
    CREATE INDEX twilio_sms_to ON twilio_sms(to_number, at);
    CREATE INDEX twilio_sms_from ON twilio_sms(from_number, at);

    CREATE TABLE twilio_calls (
        sid TEXT PRIMARY KEY,
        direction TEXT NOT NULL,
        from_number TEXT NOT NULL,
        to_number TEXT NOT NULL,
        status TEXT NOT NULL,
        duration INTEGER,
        recording TEXT,
        at TEXT NOT NULL,
        channel TEXT NOT NULL DEFAULT 'voice',
        sequence INTEGER NOT NULL DEFAULT -1,
        cost REAL NOT NULL DEFAULT 0,
        updated_at TEXT NOT NULL
    );
    CREATE INDEX twilio_calls_at ON twilio_calls(at);

    CREATE TABLE omni_events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        channel TEXT NOT NULL,
        kind TEXT NOT NULL,
        ref TEXT NOT NULL,
        summary TEXT NOT NULL
    );
    CREATE INDEX omni_events_at ON omni_events(at);
    CREATE INDEX omni_events_ref ON omni_events(ref);
    CREATE INDEX outbox_provider ON outbox(provider_id) WHERE provider_id IS NOT NULL;
    """,
    """
    CREATE TABLE phone_marks (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL,
        at TEXT NOT NULL
    );
    CREATE INDEX webhook_audit_log_events ON webhook_audit_log(event_key) WHERE event_key IS NOT NULL;
    """,
    """
    ALTER TABLE outbox ADD COLUMN campaign TEXT NOT NULL DEFAULT '';
    ALTER TABLE outbox ADD COLUMN released_by TEXT NOT NULL DEFAULT '';
    ALTER TABLE outbox ADD COLUMN put_off INTEGER NOT NULL DEFAULT 0;
    UPDATE outbox SET state = 'refused' WHERE state = 'blocked';
    CREATE INDEX outbox_of_trace ON outbox(trace_id, seq);

    CREATE TABLE compliance_events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        channel TEXT NOT NULL,
        made_by TEXT NOT NULL,
        source TEXT NOT NULL,
        said TEXT NOT NULL,
        evidence TEXT NOT NULL
    );
    CREATE INDEX compliance_events_of ON compliance_events(subject, seq);

    CREATE TABLE dealings (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        direction TEXT NOT NULL,
        channel TEXT NOT NULL,
        account TEXT NOT NULL,
        number TEXT NOT NULL,
        person TEXT NOT NULL,
        ref TEXT NOT NULL UNIQUE,
        text TEXT NOT NULL DEFAULT '',
        words TEXT NOT NULL DEFAULT '',
        aim TEXT NOT NULL DEFAULT '',
        campaign TEXT NOT NULL DEFAULT '',
        trace_id TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX dealings_thread ON dealings(number, channel, account, at);
    CREATE INDEX dealings_number ON dealings(number, at);
    CREATE INDEX dealings_sender ON dealings(channel, account, at);
    CREATE INDEX dealings_words ON dealings(words, at);
    CREATE INDEX dealings_at ON dealings(at);
    CREATE INDEX dealings_campaign ON dealings(campaign, seq) WHERE campaign <> '';

    CREATE TABLE gate_verdicts (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL,
        at TEXT NOT NULL,
        last_at TEXT NOT NULL,
        times INTEGER NOT NULL DEFAULT 1,
        channel TEXT NOT NULL,
        account TEXT NOT NULL,
        recipient TEXT NOT NULL,
        purpose TEXT NOT NULL,
        aim TEXT NOT NULL,
        outcome TEXT NOT NULL,
        gate TEXT NOT NULL,
        code TEXT NOT NULL,
        until TEXT,
        gates TEXT NOT NULL,
        trace_id TEXT NOT NULL
    );
    CREATE INDEX gate_verdicts_of ON gate_verdicts(id, seq);
    CREATE INDEX gate_verdicts_at ON gate_verdicts(at);
    """,
    """
    ALTER TABLE outbox ADD COLUMN receipt TEXT;
    """,
    "CREATE INDEX inbox_overheard ON inbox(session_key, seq) WHERE reason = 'not_addressed';",
    "CREATE INDEX inbox_of_session ON inbox(session_key, seq) WHERE event IS NOT NULL;",
    "ALTER TABLE outbox ADD COLUMN file TEXT;",
    "ALTER TABLE webhook_audit_log ADD COLUMN headers TEXT NOT NULL DEFAULT '';",
    "CREATE INDEX twilio_sms_of_message ON twilio_sms(outbox_id) WHERE outbox_id <> '';",
    "CREATE INDEX webhook_audit_log_outcome ON webhook_audit_log(outcome, at);",
    """
    CREATE TABLE browsers (
        id TEXT PRIMARY KEY,
        sha256 TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        signed_in_at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL
    );
    """,
    """
    CREATE INDEX inbox_of_account ON inbox(channel, account, received_at);
    CREATE INDEX outbox_sent ON outbox(channel, account, sent_at) WHERE sent_at IS NOT NULL;
    """,
    "CREATE TABLE login_codes (sha256 TEXT PRIMARY KEY, expires_at INTEGER NOT NULL);",
    """
    CREATE TABLE ledger_versions (
        version INTEGER PRIMARY KEY,
        readable_from INTEGER NOT NULL,
        program TEXT NOT NULL,
        at TEXT NOT NULL
    );
    """,
)
