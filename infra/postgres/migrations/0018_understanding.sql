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

-- The meaning of a phrase as a vector, as text_embedding keeps them for documents.
CREATE TABLE phrase_embedding (
    phrase     text NOT NULL,
    model      text NOT NULL,
    vector     bytea NOT NULL,
    PRIMARY KEY (phrase, model)
);

-- Words that mean the same, for questions. Each pair holds both ways and stands in one order.
CREATE TABLE synonym (
    word       text NOT NULL CHECK (word <> ''),
    synonym    text NOT NULL CHECK (synonym <> ''),
    removed    boolean NOT NULL DEFAULT false,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (word, synonym),
    CHECK (word <> synonym)
);

-- What was changed, by whom: the tables above hold the last state only.
CREATE TABLE synonym_change (
    change_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    word       text NOT NULL,
    synonym    text NOT NULL,
    act        text NOT NULL CHECK (act IN ('added', 'removed')),
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL
);

-- How much each factor counts in a designation; 0 switches it off.
CREATE TABLE designation_weight (
    factor     text PRIMARY KEY
               CHECK (factor IN ('profile', 'documents', 'named', 'workload', 'success', 'region')),
    weight     double precision NOT NULL CHECK (weight BETWEEN 0 AND 2),
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL
);

-- Both are part of what an index is built of.
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON institute_phrase
   FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON synonym
   FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();

ALTER TABLE match_run
  ADD COLUMN low_confidence boolean NOT NULL DEFAULT false,
  ADD COLUMN enquiry        jsonb,
  ADD COLUMN similar_cases  jsonb NOT NULL DEFAULT '[]';

ALTER TABLE match_candidate
  ADD COLUMN why     text NOT NULL DEFAULT '',
  ADD COLUMN why_en  text NOT NULL DEFAULT '',
  ADD COLUMN factors jsonb NOT NULL DEFAULT '{}';
