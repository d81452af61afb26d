-- Histories of cases that are over, kept when Temporal forgets them. Payloads stay encrypted as
-- Temporal had them; the projection holds ids and codes only.

CREATE TABLE archived_history (
    workflow_id text NOT NULL,
    run_id      text NOT NULL,
    closed_at   timestamptz NOT NULL,
    events      integer NOT NULL,
    sha256      text NOT NULL,
    history     bytea NOT NULL,
    projection  jsonb NOT NULL,
    archived_at timestamptz NOT NULL,
    PRIMARY KEY (workflow_id, run_id)
);
