-- Policies are immutable: a case pins a version at intake and reads it until it ends.
CREATE TABLE policy_version (
    version   text PRIMARY KEY,
    document  jsonb NOT NULL,
    sha256    text NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now()
);

-- The version that new cases pin.
CREATE TABLE current_policy (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version  text NOT NULL REFERENCES policy_version
);

-- Each change of the calendar is a version; due dates say which one they were counted with.
CREATE TABLE calendar_version (
    version    integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    reason     text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE calendar_day (
    on_day  date PRIMARY KEY,
    name    text NOT NULL,
    source  text NOT NULL,
    version integer NOT NULL REFERENCES calendar_version
);

CREATE TABLE institute_closure (
    institute text NOT NULL,
    on_day    date NOT NULL,
    reason    text NOT NULL,
    version   integer NOT NULL REFERENCES calendar_version,
    PRIMARY KEY (institute, on_day)
);
