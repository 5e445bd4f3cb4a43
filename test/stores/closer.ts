/**
 * A process that closes its store while it writes, says how many of its writes were answered by then,
 * and must end by itself: no thread of the store may stay behind.
 *
 *     closer.ts URL WRITES [none | first | later]    what was written before: nothing, one, one of later
 *
 * @module
 */
import { openStores } from '../../packages/server/src/stores/open.ts'
import { NOW, order } from './transactions/examples.ts'

const [url = '', writes = '0', before = 'none'] = process.argv.slice(2)
const { transactions, close } = await openStores(url, { now: NOW })
if (before !== 'none') {
  const issuedAt = before === 'later' ? NOW + 3_600_000 : NOW
  await transactions.insert({ ...order, xid: 'before', issuedAt })
}
let kept = 0
for (let i = 0; i < Number(writes); i += 1) {
  transactions.insert({ ...order, xid: String(i) }).then((won) => {
    kept += Number(won)
  })
}
await close()
process.stdout.write(String(kept))
