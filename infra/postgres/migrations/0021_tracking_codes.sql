-- A company that lost its code gets another one: the code follows from the case number and this.
ALTER TABLE intake ADD COLUMN code_salt text NOT NULL DEFAULT '';
