/**
 * The floor on PostgreSQL: two connections, at most one transaction in flight on each, and what
 * arrived meanwhile is the next one, as one INSERT of arrays. The server is that of DATABASE_URL.
 */
import type { ServerResponse } from 'node:http'
import pg from 'pg'
import { answer, floorOptions, type Row, serve } from './http.ts'

const CONNECTIONS = 2
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS tokens (
    xid TEXT PRIMARY KEY, phone_number TEXT NOT NULL, token TEXT NOT NULL, issued_at BIGINT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS tokens_by_phone ON tokens (phone_number);`
const INSERT = `INSERT INTO tokens
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])`

const { port } = floorOptions()
const connections = Array.from(
  { length: CONNECTIONS },
  () => new pg.Client({ connectionString: process.env.DATABASE_URL }),
)
for (const connection of connections) await connection.connect()
await connections[0]?.query(SCHEMA)

const idle = [...connections]
let rows: Row[] = []
let responses: ServerResponse[] = []
let scheduled = false

async function flush() {
  scheduled = false
  if (rows.length === 0) return
  const connection = idle.pop()
  if (connection === undefined) return
  const [stored, waiting] = [rows, responses]
  rows = []
  responses = []
  const values = [
    stored.map(({ xid }) => xid),
    stored.map(({ phone }) => phone),
    stored.map(({ token }) => token),
    stored.map(({ issuedAt }) => issuedAt),
  ]
  await connection.query({ name: 'insert', text: INSERT, values })
  idle.push(connection)
  flush()
  for (const [i, response] of waiting.entries()) answer(response, stored[i]?.token ?? '')
}

serve(port, {
  issue(row, response) {
    rows.push(row)
    responses.push(response)
    if (scheduled || idle.length === 0) return
    scheduled = true
    setImmediate(flush)
  },
  close: () => Promise.all(connections.map((connection) => connection.end())),
})
