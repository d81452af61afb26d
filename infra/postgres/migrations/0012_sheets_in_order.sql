-- The sheet that was saved last counts as the current one, also when it equals an earlier one.

ALTER TABLE score_sheet
    DROP CONSTRAINT score_sheet_pkey,
    ADD COLUMN nth bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;
CREATE INDEX score_sheet_task ON score_sheet (task_id, nth);
