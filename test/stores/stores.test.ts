import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startPostgres } from '../support/postgres.ts'
import { apiKeyStoreSuite } from './api-key-suite.ts'
import { attemptStoreSuite } from './attempt-suite.ts'
import { dutyStoreSuite } from './duty-suite.ts'
import { keyStoreSuite } from './key-suite.ts'
import { openMemory, openPostgresOn, openSqliteFile, openSqliteOfManySegments } from './open.ts'
import { revocationStoreSuite } from './revocation-suite.ts'
import { sessionStoreSuite } from './session-suite.ts'
import { transactionStoreSuite } from './transaction-suite.ts'
import { userStoreSuite } from './user-suite.ts'

const ENGINES = {
  memory: openMemory,
  'a SQLite file': openSqliteFile,
  PostgreSQL: openPostgresOn(await startPostgres({ after })),
}

for (const [engine, open] of Object.entries(ENGINES)) {
  transactionStoreSuite(engine, open)
  apiKeyStoreSuite(engine, open)
  userStoreSuite(engine, open)
  sessionStoreSuite(engine, open)
  revocationStoreSuite(engine, open)
  attemptStoreSuite(engine, open)
  dutyStoreSuite(engine, open)
  keyStoreSuite(engine, open)

  test(`ping on ${engine} fulfils while the store answers`, async () => {
    await using stores = await open()
    assert.equal(await stores.ping(), undefined)
  })
}

transactionStoreSuite('a SQLite file of many segments', openSqliteOfManySegments)
