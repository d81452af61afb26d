-- What is said of each open database beside its rows (C12, C13). `expected` is how many rows were
-- said to be loaded, `held` how many the institutes hold altogether, whether loaded or not; both as
-- of a day. Researchers have no row: nothing is said of them outside (R067).
CREATE TABLE open_database (
    kind          text PRIMARY KEY CHECK (kind IN ('patent', 'equipment', 'lab', 'technology')),
    expected      integer CHECK (expected >= 0),
    held          integer CHECK (held >= 0),
    stated_on     date,
    review_months integer NOT NULL DEFAULT 12 CHECK (review_months > 0),
    CHECK ((expected IS NULL AND held IS NULL) OR stated_on IS NOT NULL)
);
-- As the centre was announced in August 2013 (R002, R063): 13,588 patents in the database of more
-- than 30,000 that the institutes held.
INSERT INTO open_database (kind, expected, held, stated_on)
VALUES ('patent', 13588, 30000, '2013-08-31'),
       ('equipment', 1881, NULL, '2013-08-31'),
       ('lab', 200, NULL, '2013-08-31'),
       ('technology', NULL, NULL, NULL);

-- What coordinators decided, beside what matching had proposed to them: the labels from which
-- matching is measured and calibrated. A view, so that there is no second truth beside the tasks.
CREATE VIEW match_label AS
SELECT t.task_id,
       t.case_number,
       t.task -> 'outcome' ->> 'institute' AS institute,
       t.completed_at                      AS decided_at,
       run.run_id,
       run.index_version,
       run.confidence,
       chosen.rank,
       offered.answer
  FROM human_task AS t
  LEFT JOIN LATERAL (
       SELECT m.run_id, m.index_version, m.confidence
         FROM match_run AS m
        WHERE m.case_number = t.case_number
        ORDER BY m.created_at <= t.completed_at DESC, m.created_at DESC
        LIMIT 1) AS run ON true
  LEFT JOIN match_candidate AS chosen
         ON chosen.run_id = run.run_id
        AND chosen.institute = t.task -> 'outcome' ->> 'institute'
  LEFT JOIN LATERAL (
       SELECT a.answer
         FROM assignment AS a
        WHERE a.case_number = t.case_number
          AND a.institute = t.task -> 'outcome' ->> 'institute'
          AND a.role = 'lead'
        ORDER BY a.nth DESC
        LIMIT 1) AS offered ON true
 WHERE t.kind IN ('assign_institute', 'decide_no_match')
   AND t.status = 'completed'
   AND t.task -> 'outcome' ->> 'institute' IS NOT NULL;
