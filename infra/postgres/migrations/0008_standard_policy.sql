-- The release's own policy: gives older versions the values that they do not have.

ALTER TABLE current_policy ADD COLUMN standard text REFERENCES policy_version;
