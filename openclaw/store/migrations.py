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
)
