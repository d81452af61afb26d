-- What is shown of a ranking beside its institutes: why each is proposed, what each factor added, how
-- the text reads, and closed cases like it.
ALTER TABLE match_run
  ADD COLUMN low_confidence boolean NOT NULL DEFAULT false,
  ADD COLUMN enquiry        jsonb,
  ADD COLUMN similar_cases  jsonb NOT NULL DEFAULT '[]';
ALTER TABLE match_candidate
  ADD COLUMN why     text NOT NULL DEFAULT '',
  ADD COLUMN why_en  text NOT NULL DEFAULT '',
  ADD COLUMN factors jsonb NOT NULL DEFAULT '{}';

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
