-- The same text over the same index is ranked otherwise under other weights or another workload:
-- both rankings are kept, each under an id made of what it found.
ALTER TABLE match_run DROP CONSTRAINT match_run_case_number_index_version_input_sha256_key;
