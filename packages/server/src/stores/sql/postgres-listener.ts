/**
 * A connection of its own that the server tells of changes: `LISTEN`. What was told while there was
 * none is lost, so that each new one counts as told of something.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { endSession, type PostgresSession } from './postgres-session.ts'

const BACK_OFF_MS = { least: 50, most: 1_000 }
/** A connection that is cut without a word is noticed after this, when it is asked for something. */
const BEAT_MS = 5_000

/**
 * Calls `told` whenever something was notified on `channel`, until what it returns is called; that
 * fulfils when the connection is closed.
 *
 * @param channel A name that needs no quotes.
 */
export function listen(
  open: () => Promise<PostgresSession>,
  channel: string,
  told: () => void,
): () => Promise<void> {
  const stopped = new AbortController()
  const pause = (ms: number, ...others: Promise<unknown>[]) => {
    const over = new AbortController()
    const signal = AbortSignal.any([stopped.signal, over.signal])
    const late = sleep(ms, undefined, { signal, ref: false }).catch(() => {})
    return Promise.race([late, ...others]).finally(() => over.abort())
  }

  async function listenOnce(): Promise<void> {
    const session = await open()
    const { client } = session
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    client.on('end', resolve).on('notification', told)
    try {
      await client.query(`LISTEN ${channel}`)
      failures = 0
      told()
      for (;;) {
        await pause(BEAT_MS, ended)
        if (stopped.signal.aborted || session.lost) return
        await client.query('SELECT 1')
      }
    } finally {
      client.off('notification', told)
      await endSession(client)
    }
  }

  let failures = 0
  async function keepListening(): Promise<void> {
    while (!stopped.signal.aborted) {
      await listenOnce().catch(() => {})
      const most = Math.min(BACK_OFF_MS.least * 2 ** failures, BACK_OFF_MS.most)
      failures += 1
      // Not all nodes at the same moment.
      if (!stopped.signal.aborted) await pause(most * (0.5 + Math.random() / 2))
    }
  }

  const listening = keepListening()
  return () => {
    stopped.abort()
    return listening
  }
}
