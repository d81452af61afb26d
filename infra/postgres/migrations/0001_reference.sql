-- Reference data and the catalogue: what the centre knows about institutes, channels and what the
-- institutes hold. Rows have validity dates where the world changes under them.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE institute (
    code       text PRIMARY KEY,
    name_ko    text NOT NULL,
    name_en    text NOT NULL,
    aliases    text[] NOT NULL DEFAULT '{}',
    fields     text[] NOT NULL DEFAULT '{}',
    city       text NOT NULL,
    sites      text[] NOT NULL DEFAULT '{}',
    parent     text REFERENCES institute,
    valid_from date NOT NULL,
    valid_to   date,
    successor  text REFERENCES institute,
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
);

-- The desk of an institute that companies deal with.
CREATE TABLE support_department (
    institute  text NOT NULL REFERENCES institute,
    name       text NOT NULL,
    phone      text,
    email      text NOT NULL,
    valid_from date NOT NULL,
    valid_to   date,
    PRIMARY KEY (institute, valid_from),
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
);

-- A centre whose region nobody has confirmed is kept, and is shown without a host.
CREATE TABLE regional_centre (
    code        text PRIMARY KEY,
    region      text,
    host        text,
    place       text,
    opened_on   date,
    ceremony_on date,
    verified    boolean NOT NULL,
    CHECK (verified OR host IS NULL)
);

CREATE TABLE channel (
    code          text NOT NULL,
    label         text NOT NULL,
    number_or_url text,
    valid_from    date NOT NULL,
    valid_to      date,
    PRIMARY KEY (code, valid_from),
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
);

CREATE TABLE programme (
    code       text PRIMARY KEY,
    name       text NOT NULL,
    aliases    text[] NOT NULL DEFAULT '{}',
    track      text NOT NULL CHECK (track IN ('short', 'medium', 'long')),
    owner      text NOT NULL,
    valid_from date NOT NULL,
    valid_to   date,
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
);

-- The catalogue. `search_text` is what a search by words looks at.
CREATE TABLE patent (
    application_number text PRIMARY KEY,
    institute          text NOT NULL REFERENCES institute,
    title_ko           text NOT NULL,
    title_en           text NOT NULL DEFAULT '',
    summary            text NOT NULL,
    inventors          text[] NOT NULL DEFAULT '{}',
    filed_on           date NOT NULL,
    ipc                text NOT NULL,
    status             text NOT NULL,
    url                text,
    source             text NOT NULL,
    as_of              date NOT NULL,
    search_text        text NOT NULL GENERATED ALWAYS AS
                       (lower(title_ko || ' ' || title_en || ' ' || summary || ' ' || ipc)) STORED
);
CREATE INDEX patent_search ON patent USING gin (search_text gin_trgm_ops);
CREATE INDEX patent_institute ON patent (institute);

CREATE TABLE lab (
    lab_id      text PRIMARY KEY,
    institute   text NOT NULL REFERENCES institute,
    name        text NOT NULL,
    description text NOT NULL,
    location    text NOT NULL,
    supports    text NOT NULL,
    source      text NOT NULL,
    as_of       date NOT NULL,
    search_text text NOT NULL GENERATED ALWAYS AS
                (lower(name || ' ' || description || ' ' || supports)) STORED
);
CREATE INDEX lab_search ON lab USING gin (search_text gin_trgm_ops);
CREATE INDEX lab_institute ON lab (institute);

CREATE TABLE equipment (
    equipment_id  text PRIMARY KEY,
    institute     text NOT NULL REFERENCES institute,
    lab_id        text REFERENCES lab,
    name          text NOT NULL,
    specification text NOT NULL,
    field_of_use  text NOT NULL,
    location      text NOT NULL,
    sme_available boolean NOT NULL,
    source        text NOT NULL,
    as_of         date NOT NULL,
    search_text   text NOT NULL GENERATED ALWAYS AS
                  (lower(name || ' ' || specification || ' ' || field_of_use)) STORED
);
CREATE INDEX equipment_search ON equipment USING gin (search_text gin_trgm_ops)
    WHERE sme_available;
CREATE INDEX equipment_institute ON equipment (institute);

-- Internal (R067): fields only; this table knows no names.
CREATE TABLE researcher (
    researcher_id text PRIMARY KEY,
    institute     text NOT NULL REFERENCES institute,
    department    text NOT NULL,
    fields        text[] NOT NULL,
    source        text NOT NULL,
    as_of         date NOT NULL
);
CREATE INDEX researcher_institute ON researcher (institute);

-- What matching proposed and why, so that it can be shown and repeated.
CREATE TABLE match_run (
    run_id        uuid PRIMARY KEY,
    case_number   text NOT NULL,
    index_version text NOT NULL,
    input_sha256  text NOT NULL,
    confidence    double precision NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    created_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (case_number, index_version, input_sha256)
);

CREATE TABLE match_candidate (
    run_id      uuid NOT NULL REFERENCES match_run ON DELETE CASCADE,
    rank        integer NOT NULL,
    institute   text NOT NULL REFERENCES institute,
    score       double precision NOT NULL,
    researchers integer NOT NULL,
    evidence    jsonb NOT NULL,
    PRIMARY KEY (run_id, rank),
    UNIQUE (run_id, institute)
);
