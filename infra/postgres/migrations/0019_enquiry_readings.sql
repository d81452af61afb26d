-- How an enquiry reads when it arrives: what the desk is shown beside it. A proposal, no decision.
CREATE TABLE enquiry_reading (
    case_number text PRIMARY KEY REFERENCES case_text,
    reading     jsonb NOT NULL
);
