-- Cases: intake, texts and contacts (personal data apart, with destroy-after dates), the read
-- model that workflows project into, the journal, and messages.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE SEQUENCE case_serial;

CREATE TABLE company (
    company_id                   uuid PRIMARY KEY,
    business_registration_number char(10) NOT NULL UNIQUE,
    name                         text NOT NULL,
    region                       text,
    has_research_lab             boolean NOT NULL DEFAULT false,
    created_at                   timestamptz NOT NULL
);

-- Personal data of the person to contact. Destroyed without touching the case (destroy_after is
-- set when the case closes).
CREATE TABLE contact (
    case_number   text PRIMARY KEY,
    name          text,
    email         text,
    phone         text,
    language      text NOT NULL DEFAULT 'ko',
    destroy_after date,
    destroyed_at  timestamptz
);

CREATE TABLE consent (
    case_number  text NOT NULL,
    kind         text NOT NULL,
    given        boolean NOT NULL,
    text_version text NOT NULL,
    given_at     timestamptz NOT NULL,
    withdrawn_at timestamptz,
    PRIMARY KEY (case_number, kind)
);

-- One transaction writes this row with the texts before any workflow exists; a sweeper starts
-- what stayed pending. The tracking code is stored as a keyed hash only.
CREATE TABLE intake (
    case_number        text PRIMARY KEY,
    idempotency_key    text NOT NULL UNIQUE,
    body_sha256        text NOT NULL,
    tracking_code_hash bytea NOT NULL,
    status             text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'started')),
    intake             jsonb NOT NULL,
    company_id         uuid NOT NULL REFERENCES company,
    submitted_at       timestamptz NOT NULL,
    started_at         timestamptz,
    registered_by      text NOT NULL
);
CREATE INDEX intake_pending ON intake (submitted_at) WHERE status = 'pending';
CREATE INDEX intake_company ON intake (company_id, submitted_at);

-- What the company wrote. `masked` holds the same with personal data blanked out: what matching
-- and everybody outside the handlers sees (U24).
CREATE TABLE case_text (
    case_number        text PRIMARY KEY,
    title              text NOT NULL,
    description        text NOT NULL,
    title_masked       text NOT NULL,
    description_masked text NOT NULL,
    details            jsonb NOT NULL DEFAULT '{}',
    personal_data      text[] NOT NULL DEFAULT '{}',
    destroy_after      date
);

-- Every text written in a task, a message or an attachment; workflows hold id and hash.
CREATE TABLE document (
    document_id   uuid PRIMARY KEY,
    case_number   text NOT NULL,
    purpose       text NOT NULL,
    body          text,
    sha256        text NOT NULL,
    media_type    text NOT NULL DEFAULT 'text/plain',
    file_name     text,
    content       bytea,
    written_by    text NOT NULL,
    written_at    timestamptz NOT NULL,
    destroy_after date
);
CREATE INDEX document_case ON document (case_number, written_at);

-- An answer as it arrived, before the workflow was told: proof of when it was submitted.
CREATE TABLE submission (
    submission_id uuid PRIMARY KEY,
    task_id       text NOT NULL,
    case_number   text NOT NULL,
    submitted_at  timestamptz NOT NULL,
    completion    jsonb NOT NULL,
    status        text NOT NULL DEFAULT 'stored'
                  CHECK (status IN ('stored', 'taken', 'refused'))
);
CREATE INDEX submission_task ON submission (task_id, submitted_at);

-- The read model. Rows only move to a higher version.
CREATE TABLE support_case (
    case_number    text PRIMARY KEY,
    version        integer NOT NULL,
    status         text NOT NULL,
    step           text NOT NULL,
    service        text,
    channel        text NOT NULL,
    region         text,
    track          text,
    lead_institute text,
    outcome        text,
    unconfirmed    boolean NOT NULL DEFAULT false,
    counted_as     text NOT NULL,
    received_at    timestamptz NOT NULL,
    next_due_at    timestamptz,
    overdue        boolean NOT NULL,
    closed_at      timestamptz,
    calendar_version integer NOT NULL,
    policy_version text NOT NULL,
    snapshot       jsonb NOT NULL,
    CHECK ((status = 'closed') = (closed_at IS NOT NULL) OR status = 'survey')
);
CREATE INDEX support_case_list ON support_case (received_at DESC, case_number DESC);
CREATE INDEX support_case_institute ON support_case (lead_institute, received_at DESC);
CREATE INDEX support_case_calendar ON support_case (calendar_version) WHERE closed_at IS NULL;

CREATE TABLE assignment (
    case_number    text NOT NULL,
    nth            integer NOT NULL,
    institute      text NOT NULL,
    role           text NOT NULL CHECK (role IN ('lead', 'partner')),
    offered_at     timestamptz NOT NULL,
    answered_at    timestamptz,
    answer         text NOT NULL,
    decline_reason text,
    PRIMARY KEY (case_number, nth)
);
CREATE INDEX assignment_institute ON assignment (institute, offered_at);

CREATE TABLE human_task (
    task_id         text PRIMARY KEY,
    case_number     text NOT NULL,
    kind            text NOT NULL,
    status          text NOT NULL,
    candidate_group text NOT NULL,
    assignee        text,
    opened_at       timestamptz NOT NULL,
    due_at          timestamptz NOT NULL,
    expires_at      timestamptz,
    level           integer NOT NULL,
    version         integer NOT NULL,
    completed_at    timestamptz,
    task            jsonb NOT NULL
);
CREATE INDEX human_task_worklist ON human_task (candidate_group, due_at, task_id)
    WHERE status = 'open';
CREATE INDEX human_task_case ON human_task (case_number, opened_at);

-- The journal: one hash chain a stream. A stream is a case number, or `access` for reads of
-- restricted data, or `centre` for acts outside any case.
CREATE TABLE journal_entry (
    stream     text NOT NULL,
    seq        bigint NOT NULL,
    at         timestamptz NOT NULL,
    actor      text NOT NULL,
    role       text NOT NULL,
    institute  text,
    tag        text NOT NULL,
    detail     jsonb NOT NULL,
    prev_hash  bytea NOT NULL,
    hash       bytea NOT NULL,
    PRIMARY KEY (stream, seq)
);
CREATE INDEX journal_entry_time ON journal_entry (at);

-- The head of each chain, kept apart so that rows cut off at the end are missed.
CREATE TABLE journal_head (
    stream text PRIMARY KEY,
    seq    bigint NOT NULL,
    hash   bytea NOT NULL
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only';
END $$;
CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE ON journal_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_never_truncated BEFORE TRUNCATE ON journal_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Messages: written in the transition's transaction as `pending`, sent by an activity with the
-- same key. `attempted_at` marks the one window in which a mail can go out twice.
CREATE TABLE notification (
    key              text PRIMARY KEY,
    case_number      text NOT NULL,
    template         text NOT NULL,
    template_version text,
    audience         text NOT NULL,
    parameters       jsonb NOT NULL,
    status           text NOT NULL DEFAULT 'pending'
                     CHECK (status IN ('pending', 'sent', 'failed', 'skipped')),
    reason           text,
    channel          text NOT NULL DEFAULT 'email',
    message_id       text,
    repeated         boolean NOT NULL DEFAULT false,
    created_at       timestamptz NOT NULL DEFAULT now(),
    attempted_at     timestamptz,
    finished_at      timestamptz
);
CREATE INDEX notification_pending ON notification (created_at) WHERE status = 'pending';
CREATE INDEX notification_case ON notification (case_number, created_at);
