import { describe } from 'node:test'
import type { OpenStores } from './open.ts'
import { advanceSuite } from './transactions/advance.ts'
import { getSuite } from './transactions/get.ts'
import { historiesSuite } from './transactions/histories.ts'
import { insertSuite } from './transactions/insert.ts'
import { listSuite } from './transactions/list.ts'
import { purgeSuite } from './transactions/purge.ts'
import { reissueSuite } from './transactions/reissue.ts'
import { valuesSuite } from './transactions/values.ts'

/** What every TransactionStore must do. `open` gives empty stores; the suite closes them. */
export function transactionStoreSuite(engine: string, open: OpenStores) {
  describe(`TransactionStore on ${engine}`, { concurrency: 4 }, () => {
    insertSuite(open)
    getSuite(open)
    reissueSuite(open)
    advanceSuite(open)
    listSuite(open)
    purgeSuite(open)
    valuesSuite(open)
    historiesSuite(open)
  })
}
