-- Chance without state: every draw is a hash of a number (which account, contact or visit) and
-- a name (what is drawn), so rows can be made in any order, in pieces, and always come out alike.
CREATE OR REPLACE TEMP MACRO draw(n, name) AS
    hash(n + (hash(name || '|' || getvariable('seed')) >> 2)::BIGINT);

-- The simulated time, from and to (excluded).
CREATE OR REPLACE TEMP MACRO start() AS getvariable('start');
CREATE OR REPLACE TEMP MACRO until() AS getvariable('until');

-- Uniform on [0, 1), from the upper 53 bits.
CREATE OR REPLACE TEMP MACRO u(n, name) AS (draw(n, name) >> 11)::DOUBLE / 9007199254740992.0;

-- Standard normal (Box-Muller).
CREATE OR REPLACE TEMP MACRO z(n, name) AS
    sqrt(-2 * ln(1 - u(n, name))) * cos(6.283185307179586 * u(n, name || ' (angle)'));

CREATE OR REPLACE TEMP MACRO pick(n, name, items) AS
    items[1 + (draw(n, name) % len(items))::INTEGER];

CREATE OR REPLACE TEMP MACRO logistic(x) AS 1 / (1 + exp(-(x)));

-- Which record number `n` doubles: itself mostly, else an earlier one that doubles none.
CREATE OR REPLACE TEMP MACRO doubled(n, name, share) AS
    CASE WHEN n > 1 AND u(n, name) < share THEN 1 + floor(u(n, name || ' (of)') * (n - 1))::BIGINT
    ELSE n END;
CREATE OR REPLACE TEMP MACRO original(n, name, share) AS
    CASE WHEN doubled(doubled(n, name, share), name, share) = doubled(n, name, share)
    THEN doubled(n, name, share) ELSE n END;

-- A time some days later (fractions count), in whole seconds.
CREATE OR REPLACE TEMP MACRO later(t, days) AS t + to_seconds(floor((days) * 86400)::BIGINT);

-- Days between two times, as a fraction.
CREATE OR REPLACE TEMP MACRO days_between(a, b) AS (epoch_us(b) - epoch_us(a)) / 86400000000.0;

-- Squeezes a week into Monday to Friday, 08:00 to 18:00, keeping order and spreading evenly.
CREATE OR REPLACE TEMP MACRO office_time(t) AS
    date_trunc('week', t) + to_seconds((
        floor(days_between(date_trunc('week', t), t) * 5 / 7) * 86400 + 28800
        + (days_between(date_trunc('week', t), t) * 5 / 7
            - floor(days_between(date_trunc('week', t), t) * 5 / 7)) * 36000
    )::BIGINT);

CREATE OR REPLACE TEMP MACRO code(letter, n, width) AS letter || lpad(n::VARCHAR, width, '0');
CREATE OR REPLACE TEMP MACRO account_code(n) AS code('a', n, getvariable('width'));
CREATE OR REPLACE TEMP MACRO contact_code(n) AS code('c', n, getvariable('width'));
CREATE OR REPLACE TEMP MACRO deal_code(n) AS code('o', n, getvariable('width'));
CREATE OR REPLACE TEMP MACRO user_code(n) AS code('u', n, 4);

-- A value that is missing in a share of the records.
CREATE OR REPLACE TEMP MACRO gap(n, name, share, value) AS
    CASE WHEN u(n, name) >= share THEN value END;

CREATE OR REPLACE TEMP MACRO money(amount) AS amount::DECIMAL(18, 2);

-- How a wrong hand types a text: mostly right, sometimes in capitals, small, or with blanks.
CREATE OR REPLACE TEMP MACRO sloppy(n, name, txt) AS CASE
    WHEN u(n, name) < 0.015 THEN upper(txt)
    WHEN u(n, name) < 0.03 THEN lower(txt)
    WHEN u(n, name) < 0.04 THEN ' ' || txt
    WHEN u(n, name) < 0.05 THEN txt || '  '
    ELSE txt END;

-- How much of a buying interest that peaks at `peak` there is at `t`: a bell about 4 weeks wide.
CREATE OR REPLACE TEMP MACRO swell(peak, t) AS
    exp(-0.5 * pow(days_between(peak, t) / 26, 2));

-- Who leaves the mailing list, and when.
CREATE OR REPLACE TEMP MACRO leaves(n, kind) AS kind <> 'listed' AND u(n, 'leaves') < 0.045;
CREATE OR REPLACE TEMP MACRO farewell(n, begins) AS
    later(begins, days_between(begins, until()) * u(n, 'farewell'));

-- Whether the contact's record names its account.
CREATE OR REPLACE TEMP MACRO is_linked(n, kind) AS
    u(n, 'linked') < CASE WHEN kind IN ('usual', 'listed', 'job_seeker') THEN 0.97 ELSE 0.1 END;

CREATE OR REPLACE TEMP MACRO campaign_code(t, kind) AS
    code('k', datediff('month', start(), t) * 6 + kind, 4);

-- The development representative who looks after a contact.
CREATE OR REPLACE TEMP MACRO seller(n) AS
    user_code(getvariable('first_sdr') + (draw(n, 'owner') % getvariable('sdrs'))::BIGINT);

-- The account executive who owns an account and its sales, by number.
CREATE OR REPLACE TEMP MACRO executive(account) AS
    getvariable('first_ae') + (draw(account, 'deal owner') % getvariable('aes'))::BIGINT;

-- A place's country, mostly in the usual spelling.
CREATE OR REPLACE TEMP MACRO spelled(n, place) AS
    CASE WHEN u(n, 'country slip') < 0.15 THEN place[6] ELSE place[1] END;

-- When a seller expects an open sale to close; some have put it off again and again.
CREATE OR REPLACE TEMP MACRO delays(n) AS
    CASE WHEN u(n, 'delays') < 0.62 THEN 0 WHEN u(n, 'delays') < 0.82 THEN 1
    WHEN u(n, 'delays') < 0.94 THEN 2 ELSE 3 END;
CREATE OR REPLACE TEMP MACRO planned_close(n, created_at, cycle_days) AS
    later(created_at, cycle_days * (0.8 + 0.5 * u(n, 'planned')) + 7);

CREATE OR REPLACE TEMP MACRO job_title(n, seniority, department, kind) AS CASE
    WHEN kind = 'student' THEN 'Student'
    WHEN seniority = 'c_suite' THEN CASE WHEN u(n, 'boss') < 0.35
        THEN pick(n, 'top job', ['CEO', 'Founder & CEO', 'President', 'Managing Director'])
        ELSE getvariable('chief_titles')[
            list_position(getvariable('chief_departments'), department)] END
    WHEN seniority = 'vp'
        THEN pick(n, 'vp style', ['VP of ', 'Vice President, ', 'VP ', 'SVP ']) || department
    WHEN seniority = 'director'
        THEN CASE WHEN u(n, 'head') < 0.35 THEN 'Head of ' ELSE 'Director of ' END || department
    WHEN seniority = 'manager'
        THEN pick(n, 'manager style', ['', 'Senior ', 'Sr. ']) || department || ' Manager'
    WHEN seniority = 'intern' THEN department || ' Intern'
    WHEN u(n, 'consults') < 0.07
        THEN pick(n, 'consultant', ['Consultant', 'Independent Consultant'])
    ELSE department
        || pick(n, 'specialist', [' Specialist', ' Analyst', ' Associate', ' Coordinator']) END;
