-- What companies say their results brought them, months after the end: voluntary, self-reported.

CREATE TABLE effect_followup (
    case_number     text NOT NULL,
    nth             smallint NOT NULL CHECK (nth > 0),
    asked_at        timestamptz NOT NULL,
    answered_at     timestamptz,
    sales_krw       bigint CHECK (sales_krw >= 0),
    cost_saving_krw bigint CHECK (cost_saving_krw >= 0),
    jobs            integer CHECK (jobs >= 0),
    exports_krw     bigint CHECK (exports_krw >= 0),
    PRIMARY KEY (case_number, nth)
);
