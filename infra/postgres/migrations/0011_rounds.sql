-- Selection rounds. The round's row is read model; applications and score sheets are what the
-- round decides by, and are backed up like texts.

CREATE TABLE selection_round (
    round_id       text PRIMARY KEY,
    version        integer NOT NULL DEFAULT 0,
    programme      text NOT NULL,
    period         text NOT NULL,
    state          text NOT NULL DEFAULT 'open',
    opens_at       timestamptz NOT NULL,
    cutoff_at      timestamptz NOT NULL,
    next_due_at    timestamptz,
    calendar_version integer NOT NULL DEFAULT 0,
    policy_version text NOT NULL,
    snapshot       jsonb,
    UNIQUE (programme, period)
);
CREATE INDEX selection_round_open ON selection_round (programme, cutoff_at) WHERE state = 'open';

CREATE TABLE application (
    round_id     text NOT NULL REFERENCES selection_round,
    case_number  text NOT NULL,
    submitted_at timestamptz NOT NULL,
    application  jsonb NOT NULL,
    budget_krw   bigint NOT NULL CHECK (budget_krw >= 0),
    state        text NOT NULL DEFAULT 'applied'
                 CHECK (state IN ('applied', 'ineligible', 'selected', 'reserve', 'not_selected',
                                  'withdrawn', 'given_up')),
    rank         integer,
    score        double precision,
    reason       text,
    -- What its case was told last; a decision that was told is not told again.
    told         text,
    PRIMARY KEY (round_id, case_number)
);
CREATE INDEX application_case ON application (case_number);

-- A sheet is never changed: saving another one adds a row, and the answer to the task names the
-- one that counts by its hash.
CREATE TABLE score_sheet (
    task_id  text NOT NULL,
    sha256   text NOT NULL,
    round_id text NOT NULL REFERENCES selection_round,
    scores   jsonb NOT NULL,
    saved_by text NOT NULL,
    saved_at timestamptz NOT NULL,
    PRIMARY KEY (task_id, sha256)
);
CREATE TRIGGER score_sheet_fixed BEFORE UPDATE OR DELETE ON score_sheet
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
