-- Identity: accounts of staff, sessions of staff and of companies, counted attempts, and the keys
-- that make a repeated request harmless.

CREATE TABLE account (
    account_id    text PRIMARY KEY,
    username      text NOT NULL UNIQUE CHECK (username = lower(username)),
    password_hash text NOT NULL,
    role          text NOT NULL,
    institute     text,
    display_name  text NOT NULL,
    email         text NOT NULL,
    active        boolean NOT NULL DEFAULT true,
    valid_from    date NOT NULL,
    valid_to      date,
    CHECK ((institute IS NOT NULL) = (role IN ('dept_head', 'support', 'researcher', 'tlo'))),
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
);
CREATE INDEX account_role ON account (role, institute);

-- A session belongs to an account, or to the company of one case. The token itself is stored
-- nowhere: who reads this table cannot sign in with it.
CREATE TABLE session (
    token_hash  bytea PRIMARY KEY,
    account_id  text REFERENCES account ON DELETE CASCADE,
    case_number text,
    csrf_token  text NOT NULL,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    CHECK ((account_id IS NULL) <> (case_number IS NULL))
);
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_expiry ON session (expires_at);

-- Failed attempts in windows of time; keys are hashes. Lost with a crash, which harms nobody.
CREATE UNLOGGED TABLE failed_attempt (
    key          bytea NOT NULL,
    window_start timestamptz NOT NULL,
    failures     integer NOT NULL,
    PRIMARY KEY (key, window_start)
);

-- One row for each Idempotency-Key a caller used on one path: the hash of what was sent and, once
-- it is known, what was answered.
CREATE TABLE request_key (
    scope       text NOT NULL,
    key         text NOT NULL,
    body_sha256 text NOT NULL,
    answer      jsonb,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE INDEX request_key_age ON request_key (created_at);
