// The instances and what becomes of them, in a real SQLite file that the API and the workers share.
//
//   Pending -> InProgress -> Completed | Error
//   PendingDelete -> Deleted | DeleteFailed
//
// Each request raises `generation`; what a run writes at its end holds only for the request that it worked on.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'libsql'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS instances (
    id TEXT PRIMARY KEY,
    plan TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN
      ('Pending', 'InProgress', 'Completed', 'Error', 'PendingDelete', 'Deleted', 'DeleteFailed')),
    generation INTEGER NOT NULL DEFAULT 1,
    run TEXT,
    fence INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    changed_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
  );
  CREATE TABLE IF NOT EXISTS history (instance TEXT NOT NULL, status TEXT NOT NULL, generation INTEGER NOT NULL);
  CREATE TRIGGER IF NOT EXISTS history_of_new AFTER INSERT ON instances
    BEGIN INSERT INTO history VALUES (new.id, new.status, new.generation); END;
  CREATE TRIGGER IF NOT EXISTS history_of_changed AFTER UPDATE OF status ON instances
    WHEN old.status <> new.status OR old.generation <> new.generation
    BEGIN INSERT INTO history VALUES (new.id, new.status, new.generation); END;
  CREATE TABLE IF NOT EXISTS work (
    instance TEXT NOT NULL,
    wanted TEXT NOT NULL,
    worker TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    what TEXT NOT NULL
  );
`

export function openInstances() {
  const folder = process.env.INSTANCES_FOLDER ?? join(import.meta.dirname, 'data')
  mkdirSync(folder, { recursive: true })
  const database = new Database(join(folder, 'instances.db'), { timeout: 10_000 })
  database.exec('PRAGMA journal_mode = WAL')
  database.exec(SCHEMA)
  const all = (sql, ...values) => database.prepare(sql).all(...values)
  const first = (sql, ...values) => all(sql, ...values)[0] ?? null
  const change = (sql, ...values) => database.prepare(sql).run(...values).changes

  return {
    find: (id) => first('SELECT id, plan, status, generation, error FROM instances WHERE id = ?', id),
    list: () => all('SELECT id, plan, status, generation, error FROM instances ORDER BY id'),
    history: () => all('SELECT * FROM history ORDER BY rowid'),
    work: () => all('SELECT * FROM work ORDER BY rowid'),

    /** null: there is one already. */
    requestCreate: (id, plan) =>
      first(
        `INSERT INTO instances (id, plan, status) VALUES (?, ?, 'Pending')
         ON CONFLICT (id) DO UPDATE SET plan = excluded.plan, status = 'Pending', generation = generation + 1,
           run = NULL, error = NULL, changed_at = CURRENT_TIMESTAMP
         WHERE status IN ('Error', 'Deleted')
         RETURNING id, plan, status, generation`,
        id,
        plan,
      ),

    /** null: there is none, or it is being deleted. Also while it is still being made: that run ends first. */
    requestDelete: (id) =>
      first(
        `UPDATE instances SET status = 'PendingDelete', generation = generation + 1, run = NULL, error = NULL,
           changed_at = CURRENT_TIMESTAMP
         WHERE id = ? AND status NOT IN ('PendingDelete', 'Deleted')
         RETURNING id, plan, status, generation`,
        id,
      ),

    pending: () =>
      all(`SELECT id, generation FROM instances WHERE status IN ('Pending', 'PendingDelete') ORDER BY id`),

    /** Makes what a dead run left behind pending again. */
    reopen: () =>
      change(
        `UPDATE instances SET status = 'Pending', run = NULL, changed_at = CURRENT_TIMESTAMP
         WHERE status = 'InProgress' AND changed_at < datetime('now', '-30 minutes')`,
      ),

    /**
     * Takes what is pending; null: nothing is, or a later run has been here. A run that goes on after a failed attempt finds
     * what it had taken itself.
     */
    claim: (id, { run, fence }) =>
      first(
        `UPDATE instances SET run = ?, fence = ?, changed_at = CURRENT_TIMESTAMP,
           status = CASE status WHEN 'Pending' THEN 'InProgress' ELSE status END
         WHERE id = ? AND fence <= ?
           AND (status IN ('Pending', 'PendingDelete') OR (status = 'InProgress' AND run = ?))
         RETURNING id, plan, generation, CASE status WHEN 'InProgress' THEN 'create' ELSE 'delete' END AS wanted`,
        run,
        fence,
        id,
        fence,
        run,
      ),

    /** False: another request has come meanwhile, and its run will see to it. */
    settle: ({ id, generation }, { status, fence, error = null }) =>
      change(
        `UPDATE instances SET status = ?, error = ?, changed_at = CURRENT_TIMESTAMP
         WHERE id = ? AND generation = ? AND fence = ?`,
        status,
        error,
        id,
        generation,
        fence,
      ) > 0,

    note: ({ id, wanted }, { worker, attempt, what }) =>
      change('INSERT INTO work VALUES (?, ?, ?, ?, ?)', id, wanted, worker, attempt, what),

    close: () => database.close(),
  }
}
