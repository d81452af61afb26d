-- What institutes are good at, in companies' words. Staff change the phrases; one that is removed
-- stays as such, so that loading a release's reference data doesn't bring it back.
CREATE TABLE institute_phrase (
    institute  text NOT NULL REFERENCES institute,
    phrase     text NOT NULL CHECK (phrase <> ''),
    sort       text NOT NULL CHECK (sort IN ('strengths', 'requests', 'english')),
    removed    boolean NOT NULL DEFAULT false,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (institute, phrase)
);

-- The regional centres in whose area an institute has a site: a company's region is one of these.
ALTER TABLE institute ADD COLUMN centres text[] NOT NULL DEFAULT '{}';

-- The meaning of a phrase as a vector, as text_embedding keeps them for documents.
CREATE TABLE phrase_embedding (
    phrase     text NOT NULL,
    model      text NOT NULL,
    vector     bytea NOT NULL,
    PRIMARY KEY (phrase, model)
);

-- How much each factor counts in a designation; 0 switches it off.
CREATE TABLE designation_weight (
    factor     text PRIMARY KEY
               CHECK (factor IN ('profile', 'documents', 'named', 'workload', 'success', 'region')),
    weight     double precision NOT NULL CHECK (weight BETWEEN 0 AND 2),
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL
);

-- Part of what a ranking is built of.
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON institute_phrase
   FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
