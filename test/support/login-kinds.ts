/**
 * Logins that fail for several reasons, one after the other on one connection in random order, and how
 * well their times tell the reasons apart (security.md D-01).
 */
import { Agent } from 'node:http'
import type { UserStore } from '../../packages/server/src/users/store.ts'
import { ask, type Told } from './asking.ts'
import { PASSWORD } from './sessions.ts'
import { fillUsers } from './users.ts'

/** Attempts that are let through before the next are refused. */
const FREE = 5

/** Each kind, what it is compared with, and what it asks; `i` counts the logins of its kind. */
export const KINDS = {
  unknown: { like: 'unknown', status: 401, body: (i: number) => wrong(`nobody${i}`) },
  wrong: { like: 'unknown', status: 401, body: (i: number) => wrong(`person${i}`) },
  disabled: {
    like: 'unknown',
    status: 401,
    body: (i: number) => ({ username: `closed${i}`, password: PASSWORD }),
  },
  'slowed, unknown': { like: 'slowed, unknown', status: 429, body: () => wrong('nobody_at_all0') },
  'slowed, known': { like: 'slowed, unknown', status: 429, body: () => wrong('somebody_slow0') },
} as const

export type Kind = keyof typeof KINDS
export const kindNames = Object.keys(KINDS) as Kind[]

const wrong = (username: string) => ({ username, password: 'wrong horse' })

/** Those who are known, for so many logins of each kind. `passwordHash` is of `PASSWORD`. */
export async function fillKinds(users: UserStore, count: number, passwordHash: string) {
  await fillUsers(users, { prefix: 'person', count, passwordHash })
  await fillUsers(users, { prefix: 'closed', count, passwordHash, active: false })
  await fillUsers(users, { prefix: 'somebody_slow', count: 1, passwordHash })
}

/** What a service must be set to: each login comes from an address of its own, on one connection. */
export const KINDS_ENVIRONMENT = { JOTTER_TRUST_PROXY: '127.0.0.1' }

/**
 * `count` answers of each kind, from the service at `address`. An answer that is not of its kind is
 * dropped: now and then one of those who are slowed down is let through.
 *
 * @param random From 0 to 1.
 */
export async function askAllKinds(
  address: string,
  { count, random }: { count: number; random: () => number },
): Promise<Map<Kind, Told[]>> {
  const answers = new Map<Kind, Told[]>(kindNames.map((kind) => [kind, []]))
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  let asked = 0
  const logIn = (kind: Kind) => {
    asked += 1
    const from = [10, asked >> 16, (asked >> 8) & 255, asked & 255].join('.')
    const body = KINDS[kind].body(answers.get(kind)?.length ?? 0)
    // All have one id, so that no answer is longer than another for its own.
    const headers = { 'x-forwarded-for': from, 'x-request-id': 'login' }
    return ask(`${address}/auth/login`, { agent, body, headers })
  }
  for (const kind of kindNames.filter((kind) => KINDS[kind].status === 429)) {
    for (let i = 0; i <= FREE; i += 1) await logIn(kind)
  }
  for (let open = kindNames; open.length > 0; ) {
    const kind = open[Math.floor(random() * open.length)] as Kind
    const told = await logIn(kind)
    const kept = answers.get(kind) as Told[]
    if (told.status === KINDS[kind].status) kept.push(told)
    else if (KINDS[kind].status !== 429) throw new Error(`${kind}: ${told.status} ${told.text}`)
    if (kept.length === count) open = open.filter((other) => other !== kind)
  }
  agent.destroy()
  return answers
}

/**
 * How often the greater of one value from each is that of `b`, as a part of all pairs, or that of `a`
 * where this is more: the area under the curve of the best threshold. 0.5 tells nothing, 1 all.
 */
export function separability(a: readonly number[], b: readonly number[]): number {
  const sorted = [...a.map((value) => ({ value, of: a })), ...b.map((value) => ({ value, of: b }))]
  sorted.sort((one, other) => one.value - other.value)
  let rank = 0
  let ranks = 0
  for (const ties of Map.groupBy(sorted, ({ value }) => value).values()) {
    // Equal values share the mean of their ranks, which begin at 1.
    const mean = rank + (ties.length + 1) / 2
    ranks += mean * ties.filter(({ of }) => of === b).length
    rank += ties.length
  }
  const area = (ranks - (b.length * (b.length + 1)) / 2) / (a.length * b.length)
  return Math.max(area, 1 - area)
}
