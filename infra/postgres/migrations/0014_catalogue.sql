-- What institutes offer for transfer, and how it hangs together: patent - technology - researcher -
-- department - institute (R093). Links are internal: they lead from published patents to people (C27).
CREATE TABLE technology (
    technology_id text PRIMARY KEY,
    institute     text NOT NULL REFERENCES institute,
    name          text NOT NULL,
    summary       text NOT NULL,
    field_of_use  text NOT NULL DEFAULT '',
    readiness     integer CHECK (readiness BETWEEN 1 AND 9),
    source        text NOT NULL,
    as_of         date NOT NULL
);
CREATE INDEX technology_institute ON technology (institute);

CREATE TABLE technology_patent (
    technology_id      text NOT NULL REFERENCES technology ON DELETE CASCADE,
    application_number text NOT NULL REFERENCES patent ON DELETE CASCADE,
    PRIMARY KEY (technology_id, application_number)
);
CREATE INDEX technology_patent_back ON technology_patent (application_number);

CREATE TABLE technology_researcher (
    technology_id text NOT NULL REFERENCES technology ON DELETE CASCADE,
    researcher_id text NOT NULL REFERENCES researcher ON DELETE CASCADE,
    PRIMARY KEY (technology_id, researcher_id)
);
CREATE INDEX technology_researcher_back ON technology_researcher (researcher_id);

-- Everything that can be searched, one row each. `text_key` names the text: what is computed of a
-- text is kept under it, and serves for as long as the text stays the same.
CREATE VIEW search_document AS
SELECT kind, id, institute, title, body, published_on, status, location, is_public,
       md5(title || chr(10) || body) AS text_key
  FROM (
       SELECT 'profile' AS kind, code AS id, code AS institute, name_ko AS title,
              concat_ws(' ', name_en, array_to_string(aliases, ' '), array_to_string(fields, ' '))
                  AS body,
              NULL::date AS published_on, NULL::text AS status, city AS location, true AS is_public
         FROM institute
        UNION ALL
       SELECT 'patent', application_number, institute, title_ko, concat_ws(' ', summary, title_en),
              filed_on, status, NULL, true
         FROM patent
        UNION ALL
       SELECT 'equipment', equipment_id, institute, name, concat_ws(' ', specification, field_of_use),
              NULL, NULL, location, true
         FROM equipment
        WHERE sme_available
        UNION ALL
       SELECT 'lab', lab_id, institute, name, concat_ws(' ', description, supports),
              NULL, NULL, location, true
         FROM lab
        UNION ALL
       SELECT 'technology', technology_id, institute, name, concat_ws(' ', summary, field_of_use),
              NULL, NULL, NULL, true
         FROM technology
        UNION ALL
       SELECT 'researcher', researcher_id, institute, department, array_to_string(fields, ' '),
              NULL, NULL, NULL, false
         FROM researcher
       ) AS everything;

-- The words of a text, as one version of the analyser found them.
CREATE TABLE text_analysis (
    text_key text NOT NULL,
    analyser text NOT NULL,
    terms    text[] NOT NULL,
    PRIMARY KEY (text_key, analyser)
);

-- The meaning of a text as a vector of half-precision numbers, little-endian, of unit length.
CREATE TABLE text_embedding (
    text_key   text NOT NULL,
    model      text NOT NULL,
    dimensions integer NOT NULL,
    vector     bytea NOT NULL,
    PRIMARY KEY (text_key, model),
    CHECK (octet_length(vector) % (2 * dimensions) = 0)
);

-- Grows with every change of the catalogue or of what is computed of it, inside the transaction
-- that makes it: whoever sees the new number sees all that belongs to it.
CREATE TABLE catalogue_state (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    generation bigint NOT NULL
);
INSERT INTO catalogue_state (generation) VALUES (1);

CREATE FUNCTION catalogue_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE catalogue_state SET generation = generation + 1;
    RETURN NULL;
END
$$;

CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON institute
   FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON patent
   FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON equipment
   FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON lab
   FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON technology
   FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON researcher
   FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON text_analysis
   FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON text_embedding
   FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
