/**
 * One of the processes that race on one database: opens it, then does what the test sends, a few at
 * once and in an order of its own, and answers for each whether it was the one.
 *
 * @module
 */

import { setTimeout as pause } from 'node:timers/promises'
import { StoreUnavailable } from '../../packages/server/src/errors.ts'
import { openStores, type Stores } from '../../packages/server/src/stores/open.ts'

const verbsOf = ({ transactions, users, sessions }: Stores) => ({
  insert: transactions.insert,
  reissue: transactions.reissue,
  advance: transactions.advance,
  register: users.insert,
  setPassword: users.setPassword,
  setActive: users.setActive,
  open: sessions.open,
  rotate: sessions.rotate,
})
type Verbs = ReturnType<typeof verbsOf>

/** Calls of one verb, each with its arguments. */
export type Task = {
  [V in keyof Verbs]: { verb: V; calls: Parameters<Verbs[V]>[] }
}[keyof Verbs]

/** What a racer is sent: both begin at the same moment. */
export type Start = Task & { at: number }

const AT_ONCE = 4
const [url = '', first = '0'] = process.argv.slice(2)
const verbs = verbsOf(await openStores(url, { now: 0 }))

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
  const call = verbs[verb] as (...args: unknown[]) => Promise<boolean>
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
