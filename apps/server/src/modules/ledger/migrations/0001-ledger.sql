-- Budgets, what calls hold and spend, and a double-entry book of it. Money is integer nano-USD.

CREATE SCHEMA ledger;
GRANT USAGE ON SCHEMA ledger TO atrium_app, atrium_job;

CREATE TABLE ledger.budgets (
  workspace_id uuid NOT NULL,
  id uuid NOT NULL,
  -- 'credits' is the prepaid balance of a workspace: a limit that grants raise.
  kind text NOT NULL CHECK (kind IN ('budget', 'credits')),
  name text NOT NULL,
  scope text NOT NULL CHECK (scope IN ('workspace', 'team', 'person', 'key')),
  scope_id uuid,
  period text NOT NULL CHECK (period IN ('day', 'week', 'month', 'total')),
  -- Where its days, weeks and months begin.
  time_zone text NOT NULL,
  limit_nano_usd bigint NOT NULL CHECK (limit_nano_usd >= 0),
  alert_percent int CHECK (alert_percent BETWEEN 1 AND 100),
  -- What a call of unknown price reserves; null refuses it.
  unknown_ceiling_nano_usd bigint CHECK (unknown_ceiling_nano_usd > 0),
  enabled boolean NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  -- The book refers to it for good.
  deleted_at timestamptz(3),
  PRIMARY KEY (workspace_id, id),
  CHECK ((scope = 'workspace') = (scope_id IS NULL))
);
CREATE UNIQUE INDEX budgets_credits ON ledger.budgets (workspace_id) WHERE kind = 'credits';
SELECT platform.protect('ledger.budgets');
REVOKE DELETE ON ledger.budgets FROM atrium_app;

-- What a budget has spent in one period, and how much of the rest processes have leased.
CREATE TABLE ledger.budget_periods (
  workspace_id uuid NOT NULL,
  budget_id uuid NOT NULL,
  starts_at timestamptz(3) NOT NULL,
  ends_at timestamptz(3) NOT NULL,
  spent_nano_usd bigint NOT NULL DEFAULT 0 CHECK (spent_nano_usd >= 0),
  leased_nano_usd bigint NOT NULL DEFAULT 0 CHECK (leased_nano_usd >= 0),
  alerted_at timestamptz(3),
  PRIMARY KEY (workspace_id, budget_id, starts_at),
  FOREIGN KEY (workspace_id, budget_id) REFERENCES ledger.budgets (workspace_id, id)
);
SELECT platform.protect('ledger.budget_periods');
REVOKE INSERT, DELETE ON ledger.budget_periods FROM atrium_app;

-- Live processes. One expiry covers all leases of a process; a row that is gone fences it out.
CREATE TABLE ledger.processes (
  id uuid PRIMARY KEY,
  -- Folder of its spool, for whoever can read it.
  spool text NOT NULL,
  expires_at timestamptz(3) NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.processes TO atrium_job;

-- The slice of a budget that a process may spend without asking. Both amounts only grow but for what is given back.
CREATE TABLE ledger.leases (
  workspace_id uuid NOT NULL,
  process_id uuid NOT NULL REFERENCES ledger.processes (id),
  budget_id uuid NOT NULL,
  starts_at timestamptz(3) NOT NULL,
  granted_nano_usd bigint NOT NULL,
  settled_nano_usd bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (workspace_id, process_id, budget_id, starts_at),
  FOREIGN KEY (workspace_id, budget_id, starts_at) REFERENCES ledger.budget_periods (workspace_id, budget_id, starts_at),
  CHECK (granted_nano_usd >= settled_nano_usd)
);
CREATE INDEX leases_process ON ledger.leases (process_id);
SELECT platform.protect('ledger.leases');
REVOKE INSERT, UPDATE, DELETE ON ledger.leases FROM atrium_app;

-- One row per attempt of a call. `expired`: its process died, what was held counts as spent until somebody releases it.
CREATE TABLE ledger.holds (
  workspace_id uuid NOT NULL,
  call_id uuid NOT NULL,
  attempt int NOT NULL,
  process_id uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('held', 'settled', 'expired', 'released')),
  held_nano_usd bigint NOT NULL CHECK (held_nano_usd >= 0),
  -- What its budgets paid. Less than the cost only where nothing was left for the rest.
  charged_nano_usd bigint NOT NULL CHECK (charged_nano_usd >= 0),
  -- Null when it is unknown.
  cost_nano_usd bigint CHECK (cost_nano_usd >= 0),
  status text CHECK (status IN ('finished', 'failed', 'aborted')),
  is_estimated boolean NOT NULL,
  -- The budgets that paid, each with its period at the same place in the other array.
  budget_ids uuid[] NOT NULL,
  period_starts timestamptz[] NOT NULL,
  funding text NOT NULL CHECK (funding IN ('credits', 'postpaid')),
  created_at timestamptz(3) NOT NULL,
  settled_at timestamptz(3),
  PRIMARY KEY (workspace_id, call_id, attempt),
  CHECK (cardinality(budget_ids) = cardinality(period_starts))
);
CREATE INDEX holds_open ON ledger.holds (process_id) WHERE state = 'held';
CREATE INDEX holds_uncertain ON ledger.holds (workspace_id, call_id) WHERE state IN ('held', 'expired');
SELECT platform.protect('ledger.holds');
REVOKE INSERT, DELETE ON ledger.holds FROM atrium_app;

CREATE FUNCTION ledger.total(amounts bigint[]) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(sum(amount), 0) FROM unnest(amounts) AS amount
$$;

-- The book: each entry moves money between accounts and sums to zero. Nothing in it is ever changed.
-- One row with arrays, and not one row per line: a settlement is written with every call.
CREATE TABLE ledger.entries (
  workspace_id uuid NOT NULL,
  -- The call, or the grant.
  source_id uuid NOT NULL,
  attempt int NOT NULL,
  revision int NOT NULL,
  kind text NOT NULL CHECK (kind IN ('call', 'correction', 'release', 'grant')),
  accounts text[] NOT NULL,
  amounts bigint[] NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, source_id, attempt, revision),
  CHECK (cardinality(accounts) = cardinality(amounts)),
  CHECK (ledger.total(amounts) = 0)
);
SELECT platform.protect('ledger.entries');
REVOKE UPDATE, DELETE ON ledger.entries FROM atrium_app, atrium_job;

-- provider, estimated, unknown: cost by how well it is known. postpaid, credits: who funds it. issued: where credits
-- come from. budget:{id}, budgeted: what budgets have paid, and its counterpart.
CREATE TABLE ledger.accounts (
  workspace_id uuid NOT NULL,
  account text NOT NULL,
  balance_nano_usd bigint NOT NULL,
  PRIMARY KEY (workspace_id, account)
);
SELECT platform.protect('ledger.accounts');
REVOKE DELETE ON ledger.accounts FROM atrium_app;
