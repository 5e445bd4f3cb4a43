/**
 * One of the processes that race on one database: opens it, then does what the test sends, a few at
 * once and in an order of its own, and answers for each whether it was the one.
 *
 * @module
 */

import { setTimeout as pause } from 'node:timers/promises'
import { StoreUnavailable } from '../../packages/server/src/errors.ts'
import type { TransactionStore } from '../../packages/server/src/flows/transaction/store.ts'
import { openStores } from '../../packages/server/src/stores/open.ts'

type Verb = 'insert' | 'reissue' | 'advance'

/** Calls of one verb, each with its arguments. */
export type Task = {
  [V in Verb]: { verb: V; calls: Parameters<TransactionStore[V]>[] }
}[Verb]

/** What a racer is sent: both begin at the same moment. */
export type Start = Task & { at: number }

const AT_ONCE = 4
const [url = '', first = '0'] = process.argv.slice(2)
const { transactions } = await openStores(url, { now: 0 })

/** Asks again, as a client does, where the other process had the database for too long. */
async function answerOf(call: () => Promise<boolean>): Promise<boolean> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
    }
  }
}

async function run({ verb, calls, at }: Start): Promise<boolean[]> {
  const call = transactions[verb] as (...args: unknown[]) => Promise<boolean>
  const answers: boolean[] = []
  // From another place in each process, so that none is always first.
  const start = Math.floor(Number(first) * calls.length)
  const order = calls.map((_, i) => (start + i) % calls.length)
  const next = async (): Promise<void> => {
    for (let i = order.shift(); i !== undefined; i = order.shift()) {
      answers[i] = await answerOf(() => call(...(calls[i] as unknown[])))
      // Else the first would keep the file to itself until it is done.
      await pause(2 * Math.random())
    }
  }
  while (Date.now() < at);
  await Promise.all(Array.from({ length: AT_ONCE }, next))
  return answers
}

process.on('message', async (task: Start) => {
  process.send?.(await run(task))
})
process.send?.('ready')
