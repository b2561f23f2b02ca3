// Two databases, as of two services: the shop's, where orders are placed, and that of shipping. Real SQLite files.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'libsql'

const SHOP = `
  CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, customer TEXT NOT NULL, placed_at TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL,
    data TEXT NOT NULL,
    context TEXT NOT NULL,
    sent_at TEXT,
    run TEXT,
    refused TEXT
  );
  CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (id) WHERE sent_at IS NULL;
`

const SHIPPING = `
  CREATE TABLE IF NOT EXISTS handled (
    message INTEGER PRIMARY KEY,
    run TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    instance TEXT NOT NULL,
    trace TEXT NOT NULL,
    handled_at TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS shipments (order_id TEXT NOT NULL, message INTEGER NOT NULL, parcels INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS deliveries (
    message INTEGER NOT NULL,
    run TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    instance TEXT NOT NULL,
    trace TEXT NOT NULL,
    outcome TEXT
  );
`

export const openShop = () => open('shop.db', SHOP)
export const openShipping = () => open('shipping.db', SHIPPING)

function open(name, schema) {
  const folder = process.env.OUTBOX_FOLDER ?? join(import.meta.dirname, 'data')
  mkdirSync(folder, { recursive: true })
  const database = new Database(join(folder, name), { timeout: 10_000 })
  database.exec('PRAGMA journal_mode = WAL')
  database.exec(schema)
  return {
    all: (sql, ...values) => database.prepare(sql).all(...values),
    run: (sql, ...values) => database.prepare(sql).run(...values),
    /** All of it or nothing. Takes the lock to write at its begin: what it reads stays true until it has written. */
    transaction: (work) => database.transaction(work).immediate(),
    close: () => database.close(),
  }
}
