-- Words that mean the same: what companies say, and what documents say. Each pair holds both ways
-- and is kept once, its words in the order of their letters. Staff maintain it in the browser.
CREATE TABLE synonym (
    synonym_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    word       text NOT NULL CHECK (word = btrim(word) AND length(word) BETWEEN 1 AND 60),
    other      text NOT NULL CHECK (other = btrim(other) AND length(other) BETWEEN 1 AND 60),
    CHECK (word < other COLLATE "C"),
    UNIQUE (word, other)
);
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON synonym
   FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();

-- Who changed what when; written with the change, and never changed itself.
CREATE TABLE synonym_change (
    seq       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL,
    actor     text NOT NULL,
    act       text NOT NULL CHECK (act IN ('added', 'changed', 'removed')),
    word      text NOT NULL,
    other     text NOT NULL,
    old_word  text,
    old_other text,
    CHECK ((act = 'changed') = (old_word IS NOT NULL AND old_other IS NOT NULL))
);
CREATE TRIGGER synonym_change_append_only BEFORE UPDATE OR DELETE ON synonym_change
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
