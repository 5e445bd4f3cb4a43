/** Two processes that do the same at the same moment, and what came of it. */
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Start, Task } from './racer.ts'
import type { OpenShared } from './shared.ts'

const RACERS = ['a', 'b'] as const

export type Racer = (typeof RACERS)[number]
/** Whether each call was the one. */
export type Answers = Record<Racer, boolean[]>

const start = (module: string, ...args: string[]) =>
  fork(new URL(module, import.meta.url), args, { execArgv: ['--conditions=source'] })

async function endRacer(racer: ChildProcess) {
  if (racer.exitCode !== null) return
  racer.kill('SIGKILL')
  await once(racer, 'exit')
}

/** The next message of a racer that is alive. */
async function messageOf(racer: ChildProcess): Promise<unknown> {
  const waiting = new AbortController()
  const { signal } = waiting
  try {
    const died = once(racer, 'exit', { signal }).then(() => assert.fail('a racer has died'))
    const [message] = await Promise.race([once(racer, 'message', { signal }), died])
    return message
  } finally {
    waiting.abort()
  }
}

/** Two processes on a new database, and the database as a third one sees it. */
export async function openRace(open: OpenShared) {
  const database = await open()
  const racers: ChildProcess[] = []
  for (const first of ['0', '0.5']) {
    const racer = start('./racer.ts', database.url, first)
    racers.push(racer)
    await messageOf(racer)
  }
  const winners = new Set<number>()

  async function answersOf(racer: ChildProcess, start: Start) {
    racer.send(start)
    return (await messageOf(racer)) as boolean[]
  }

  return {
    /** Both at once; `task` is what each of them is told. */
    async race(task: (racer: Racer) => Task) {
      const at = Date.now() + 10
      const [a = [], b = []] = await Promise.all(
        racers.map((racer, i) => answersOf(racer, { ...task(RACERS[i] as Racer), at })),
      )
      for (const [i, answers] of [a, b].entries()) if (answers.includes(true)) winners.add(i)
      return { a, b }
    },
    /** Else they have not raced at all. */
    bothHaveWon: () => assert.equal(winners.size, 2, 'one process was always first'),
    async count(from: string) {
      return Number((await database.look(`SELECT count(*) AS n FROM ${from}`))?.n)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(racers.map(endRacer))
      await database[Symbol.asyncDispose]()
    },
  }
}

/** Each of the calls had exactly one effect. */
export function oneEach({ a, b }: Answers) {
  assert.deepEqual(
    a.map((won, i) => Number(won) + Number(b[i])),
    a.map(() => 1),
  )
}
