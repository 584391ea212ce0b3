/**
 * The shape of the database, step by step. A step that was released is never
 * changed; its place in the list is its number, kept in `user_version`.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT;

  CREATE TABLE projects (
    name TEXT PRIMARY KEY,
    -- The current one; none for a project that is known from the engine only.
    revision INTEGER,
    intent TEXT NOT NULL
  ) STRICT;

  CREATE TABLE revisions (
    project TEXT NOT NULL REFERENCES projects (name) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    digest TEXT NOT NULL,
    bundle BLOB NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (project, number)
  ) STRICT;

  CREATE TRIGGER a_revision_is_never_changed BEFORE UPDATE ON revisions
  BEGIN
    SELECT RAISE(ABORT, 'a revision is never changed');
  END;

  CREATE TABLE deployments (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    project TEXT NOT NULL,
    action TEXT NOT NULL,
    revision INTEGER,
    build INTEGER NOT NULL,
    state TEXT NOT NULL,
    created_at TEXT NOT NULL,
    finished_at TEXT,
    operations INTEGER NOT NULL,
    problem TEXT
  ) STRICT;

  CREATE INDEX deployments_of_a_project ON deployments (project, sequence);

  CREATE TABLE deployment_events (
    deployment TEXT NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
    id INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (deployment, id)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- How a deployment goes about it: JSON.
  ALTER TABLE deployments ADD COLUMN options TEXT;
  `,
  `
  -- The post_start hooks that have run since a container's last start.
  CREATE TABLE hooks_run (
    container TEXT PRIMARY KEY,
    project TEXT NOT NULL REFERENCES projects (name) ON DELETE CASCADE,
    started_at TEXT NOT NULL,
    count INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Plans that may be applied.
  CREATE TABLE plans (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    project TEXT NOT NULL,
    document TEXT NOT NULL,
    approval TEXT NOT NULL,
    request BLOB NOT NULL,
    created_at TEXT NOT NULL
  ) STRICT;

  -- What alone a deployment may do, and what was kept before it: JSON.
  ALTER TABLE deployments ADD COLUMN approved TEXT;
  -- 1 once a round of it was planned.
  ALTER TABLE deployments ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- Since when reconciling of the project rests, ISO 8601; null: it does not.
  ALTER TABLE projects ADD COLUMN suspended TEXT;
  `,
  `
  -- Who asked for a revision, as the client says, and why.
  ALTER TABLE revisions ADD COLUMN author TEXT;
  ALTER TABLE revisions ADD COLUMN note TEXT;
  `,
  `
  -- What the loop must not forget of the project: JSON.
  ALTER TABLE projects ADD COLUMN notes TEXT;
  `,
  `
  -- What providers and models were asked for, and what they gave.
  CREATE TABLE provisions (
    project TEXT NOT NULL REFERENCES projects (name) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    provision BLOB NOT NULL,
    PRIMARY KEY (project, kind, name)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What happened: for a while. Later events have higher numbers.
  CREATE TABLE events (
    sequence INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    project TEXT NOT NULL,
    service TEXT,
    type TEXT NOT NULL,
    event TEXT NOT NULL
  ) STRICT;

  CREATE INDEX events_of_a_project ON events (project, sequence);

  -- Who asked for a deployment, as the client says.
  ALTER TABLE deployments ADD COLUMN author TEXT;
  `,
  `
  -- Who asked for what: only ever added to, and cut at its beginning by age.
  CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    time TEXT NOT NULL,
    project TEXT,
    record TEXT NOT NULL
  ) STRICT;

  CREATE TRIGGER an_audit_record_is_never_changed BEFORE UPDATE ON audit
  BEGIN
    SELECT RAISE(ABORT, 'an audit record is never changed');
  END;

  CREATE TRIGGER no_audit_record_goes_before_an_older_one BEFORE DELETE ON audit
  WHEN EXISTS (SELECT 1 FROM audit WHERE sequence < OLD.sequence)
  BEGIN
    SELECT RAISE(ABORT, 'the audit log is cut at its beginning only');
  END;
  `,
]
