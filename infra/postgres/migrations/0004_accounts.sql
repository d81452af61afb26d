-- Identity: accounts of staff, sessions of staff and of companies, counted attempts, and the keys
-- that make a repeated request harmless.

CREATE TABLE account (
    account_id    text PRIMARY KEY,
    username      text NOT NULL UNIQUE CHECK (username = lower(username)),
    password_hash text NOT NULL,
    role          text NOT NULL,
    institute     text,
    display_name  text NOT NULL,
    email         text NOT NULL,
    active        boolean NOT NULL DEFAULT true,
    valid_from    date NOT NULL,
    valid_to      date,
    CHECK ((institute IS NOT NULL) = (role IN ('dept_head', 'support', 'researcher', 'tlo'))),
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
);
CREATE INDEX account_role ON account (role, institute);

-- A session belongs to an account, or to the company of one case. The token itself is stored
-- nowhere: who reads this table cannot sign in with it.
CREATE TABLE session (
    token_hash  bytea PRIMARY KEY,
    account_id  text REFERENCES account ON DELETE CASCADE,
    case_number text,
    csrf_token  text NOT NULL,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    CHECK ((account_id IS NULL) <> (case_number IS NULL))
);
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_expiry ON session (expires_at);

-- Failed attempts in windows of time; keys are hashes. Lost with a crash, which harms nobody.
CREATE UNLOGGED TABLE failed_attempt (
    key          bytea NOT NULL,
    window_start timestamptz NOT NULL,
    failures     integer NOT NULL,
    PRIMARY KEY (key, window_start)
);

-- One row for each Idempotency-Key a caller used on one path: the hash of what was sent and, once
-- it is known, what was answered.
CREATE TABLE request_key (
    scope       text NOT NULL,
    key         text NOT NULL,
    body_sha256 text NOT NULL,
    answer      jsonb,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE INDEX request_key_age ON request_key (created_at);

-- The texts that companies consent to. A changed text is a new version: a stored consent names
-- the one that was read. `body` tells what the law asks to be told: for what, which data, for how
-- long, to whom, and that refusing is allowed.
CREATE TABLE consent_text (
    kind         text NOT NULL,
    text_version text NOT NULL,
    required     boolean NOT NULL,
    title_ko     text NOT NULL,
    body_ko      text NOT NULL,
    title_en     text NOT NULL,
    body_en      text NOT NULL,
    valid_from   date NOT NULL,
    valid_to     date,
    PRIMARY KEY (kind, text_version),
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
);

INSERT INTO consent_text (kind, text_version, required, title_ko, body_ko, title_en, body_en,
                          valid_from)
VALUES
    ('collect_use', '2013-1', true, '개인정보 수집ㆍ이용 동의',
     '접수 건의 처리와 연락을 위하여 담당자의 이름, 전화번호, 전자우편 주소를 수집합니다. 정해진 보존기간이 지나면 파기합니다. 동의하지 않을 수 있으나, 그 경우 연락이 필요한 지원을 할 수 없습니다.',
     'Collection and use of personal data',
     'To handle the case and to contact you we collect the contact''s name, telephone number and e-mail address, and destroy them when the retention period has passed. You may refuse; we then cannot give support that needs contact.',
     '2013-01-01'),
    ('provide_to_institutes', '2013-1', false, '출연연구기관에 대한 제3자 제공 동의',
     '담당으로 지정된 출연연구기관에 담당자의 연락처와 애로사항을 상담과 지원 목적으로 제공합니다. 지원이 끝나고 보존기간이 지나면 파기합니다. 동의하지 않을 수 있으며, 그 경우 센터가 대신 전달합니다.',
     'Provision to research institutes',
     'The institute designated for your case receives your contact data and the difficulty you describe, to advise and support you, and destroys them when the retention period after the support has passed. You may refuse; the centre then passes messages on.',
     '2013-01-01'),
    ('survey_outsourcing', '2013-1', false, '만족도 조사 위탁 동의',
     '만족도 조사를 위하여 담당자의 연락처를 조사 수행기관에 위탁할 수 있습니다. 조사가 끝나면 파기합니다. 동의하지 않아도 지원에 불이익이 없습니다.',
     'Survey by a contractor',
     'A contractor may receive your contact data to ask how satisfied you are, and destroys them after the survey. Refusing has no effect on the support.',
     '2013-01-01'),
    ('effect_followup', '2013-1', false, '성과 확인 연락 동의',
     '지원 6개월, 12개월 뒤에 매출, 비용, 고용 등 성과를 확인하기 위하여 연락할 수 있습니다. 확인이 끝나면 파기합니다. 동의하지 않아도 지원에 불이익이 없습니다.',
     'Follow-up on effects',
     'We may contact you six and twelve months later to ask about effects on sales, cost and jobs; the data are destroyed afterwards. Refusing has no effect on the support.',
     '2013-01-01'),
    ('marketing', '2013-1', false, '안내 정보 수신 동의',
     '새로운 지원 사업과 행사를 전자우편으로 안내합니다. 언제든지 그만 받을 수 있습니다. 동의하지 않아도 지원에 불이익이 없습니다.',
     'News',
     'We send news of programmes and events by e-mail; you can stop them at any time. Refusing has no effect on the support.',
     '2013-01-01');
