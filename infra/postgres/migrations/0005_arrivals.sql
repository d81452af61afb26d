-- Messages and files of a company whose case has not been told of them yet.

ALTER TABLE document ADD COLUMN told_at timestamptz;
CREATE INDEX document_untold ON document (written_at)
    WHERE told_at IS NULL AND purpose IN ('message', 'attachment');
