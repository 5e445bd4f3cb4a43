import { readMigrations } from '../../packages/server/src/stores/sql/migrations.ts'

/** The migrations that there are, and two that a later version could bring. */
export const WITH_LATER = [
  ...readMigrations(),
  {
    version: 9_998,
    name: 'later',
    checksum: 'of-later',
    sql: `CREATE TABLE later (id TEXT PRIMARY KEY);
      INSERT INTO later SELECT id FROM customers;
      ALTER TABLE customers ADD COLUMN later TEXT;`,
  },
  {
    version: 9_999,
    name: 'last',
    checksum: 'of-last',
    sql: `UPDATE customers SET later = (SELECT id FROM later WHERE later.id = customers.id);
      DROP TABLE later;
      CREATE INDEX customers_by_later ON customers (later);`,
  },
]
