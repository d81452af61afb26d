-- Who has which instrument when. The constraint, not a check beforehand, keeps two apart.

CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE equipment_booking (
    booking_id   text PRIMARY KEY,
    equipment_id text NOT NULL REFERENCES equipment,
    case_number  text NOT NULL,
    during       tstzrange NOT NULL CHECK (NOT isempty(during)),
    state        text NOT NULL DEFAULT 'booked'
                 CHECK (state IN ('booked', 'used', 'no_show', 'broken', 'cancelled')),
    hours        integer CHECK (hours > 0),
    fee_krw      bigint CHECK (fee_krw >= 0),
    booked_at    timestamptz NOT NULL,
    EXCLUDE USING gist (equipment_id WITH =, during WITH &&) WHERE (state IN ('booked', 'used'))
);
CREATE INDEX equipment_booking_case ON equipment_booking (case_number);
