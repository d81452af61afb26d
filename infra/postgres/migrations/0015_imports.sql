-- What imports and partners bring into the catalogue, and how far they have come.

-- Searches are answered by an index in the process. These took three quarters of an import's time.
DROP INDEX patent_search;
DROP INDEX equipment_search;
DROP INDEX lab_search;

-- A search looks at no date: a row that is confirmed as it is must not make every index anew.
DROP TRIGGER changed ON patent;
CREATE TRIGGER changed
 AFTER INSERT OR DELETE OR TRUNCATE
    OR UPDATE OF institute, title_ko, title_en, summary, inventors, filed_on, ipc, status, url
    ON patent
   FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
DROP TRIGGER changed ON equipment;
CREATE TRIGGER changed
 AFTER INSERT OR DELETE OR TRUNCATE
    OR UPDATE OF institute, lab_id, name, specification, field_of_use, location, sme_available
    ON equipment
   FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
DROP TRIGGER changed ON lab;
CREATE TRIGGER changed
 AFTER INSERT OR DELETE OR TRUNCATE
    OR UPDATE OF institute, name, description, location, supports
    ON lab
   FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
DROP TRIGGER changed ON technology;
CREATE TRIGGER changed
 AFTER INSERT OR DELETE OR TRUNCATE
    OR UPDATE OF institute, name, summary, field_of_use, readiness
    ON technology
   FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
DROP TRIGGER changed ON researcher;
CREATE TRIGGER changed
 AFTER INSERT OR DELETE OR TRUNCATE
    OR UPDATE OF institute, department, fields
    ON researcher
   FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();

-- A call of a ministry or a region: what long R&D applies to.
CREATE TABLE support_call (
    call_id          text PRIMARY KEY,
    title            text NOT NULL,
    summary          text NOT NULL DEFAULT '',
    audience         text NOT NULL DEFAULT '',
    period           text NOT NULL DEFAULT '',
    opens_on         date,
    closes_on        date,
    ministry         text NOT NULL DEFAULT '',
    executing_agency text NOT NULL DEFAULT '',
    url              text,
    application_url  text,
    source           text NOT NULL,
    as_of            date NOT NULL,
    CHECK (closes_on IS NULL OR opens_on IS NULL OR closes_on >= opens_on)
);
CREATE INDEX support_call_closing ON support_call (closes_on);

-- A project that public money pays for already: looked at against double funding.
CREATE TABLE research_project (
    project_number text PRIMARY KEY,
    institute      text NOT NULL REFERENCES institute,
    title          text NOT NULL,
    summary        text NOT NULL DEFAULT '',
    keywords       text[] NOT NULL DEFAULT '{}',
    ministry       text NOT NULL DEFAULT '',
    starts_on      date,
    ends_on        date,
    source         text NOT NULL,
    as_of          date NOT NULL,
    search_text    text NOT NULL GENERATED ALWAYS AS (lower(title || ' ' || summary)) STORED
);
CREATE INDEX research_project_search ON research_project USING gin (search_text gin_trgm_ops);
CREATE INDEX research_project_institute ON research_project (institute);

-- How far the import of a file has come, written with each batch in the batch's transaction: what
-- a killed import wrote and what it says to have written are the same.
CREATE TABLE catalogue_import (
    import_key  text PRIMARY KEY,
    data_set    text NOT NULL,
    source      text NOT NULL,
    as_of       date NOT NULL,
    records     integer NOT NULL DEFAULT 0 CHECK (records >= 0),
    added       integer NOT NULL DEFAULT 0,
    changed     integer NOT NULL DEFAULT 0,
    unchanged   integer NOT NULL DEFAULT 0,
    outdated    integer NOT NULL DEFAULT 0,
    refused     integer NOT NULL DEFAULT 0,
    started_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);

-- How far the reading of a partner has come; the next night goes on from `cursor`.
CREATE TABLE catalogue_refresh (
    partner     text PRIMARY KEY,
    cursor      text,
    outcome     text NOT NULL CHECK (outcome IN ('running', 'complete', 'limited', 'failed')),
    detail      text NOT NULL DEFAULT '',
    added       integer NOT NULL DEFAULT 0,
    changed     integer NOT NULL DEFAULT 0,
    unchanged   integer NOT NULL DEFAULT 0,
    outdated    integer NOT NULL DEFAULT 0,
    refused     integer NOT NULL DEFAULT 0,
    started_at  timestamptz NOT NULL,
    at          timestamptz NOT NULL,
    complete_at timestamptz
);

-- How many rows a data set should have, and how many there are outside of it, as somebody stated
-- on a day (R002, C12, C13).
CREATE TABLE catalogue_expectation (
    data_set text NOT NULL,
    as_of    date NOT NULL,
    expected integer NOT NULL CHECK (expected >= 0),
    held     integer CHECK (held >= 0),
    source   text NOT NULL,
    PRIMARY KEY (data_set, as_of)
);
