-- Every month a coordinator looks at each case that an institute has: what is due, and what was found.
CREATE TABLE case_review (
    case_number text NOT NULL,
    nth         integer NOT NULL CHECK (nth > 0),
    due_at      timestamptz NOT NULL,
    reviewed_at timestamptz,
    reviewed_by text,
    finding     text CHECK (finding IN ('on_course', 'needs_attention')),
    PRIMARY KEY (case_number, nth),
    CHECK ((reviewed_at IS NULL) = (reviewed_by IS NULL)),
    CHECK ((reviewed_at IS NULL) = (finding IS NULL))
);
CREATE UNIQUE INDEX case_review_open ON case_review (case_number) WHERE reviewed_at IS NULL;
