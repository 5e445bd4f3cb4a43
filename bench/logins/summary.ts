/** From rounds to rows of medians. */
import type { LoadResult } from '../load.ts'
import { median } from '../median.ts'
import { type Round, type RoundOptions, STATUS_SERVERS } from './rounds.ts'
import type { LoginRow, StatusRow, StormRow } from './rows.ts'
import { hashNames } from './service.ts'

const errorsOf = (loads: readonly LoadResult[]) =>
  loads.flatMap(({ errors }) => Object.values(errors)).reduce((a, b) => a + b, 0)

function cpuOf(loads: readonly LoadResult[]) {
  const known = loads.map((load) => load.cpuMicrosPerRequest).filter((v) => v !== undefined)
  return known.length === 0 ? undefined : median(known)
}

export const loginRows = (rounds: readonly Round[]): LoginRow[] =>
  hashNames.flatMap((hash) => {
    const bare = rounds.map((round) => round.hashes[hash].bare)
    const loads = rounds.map((round) => round.hashes[hash].jotter)
    const ofBare = loads.map((load, i) => load.requestsPerSecond / (bare[i]?.checksPerSecond ?? 0))
    const cpu = cpuOf(loads)
    return [
      {
        hash,
        server: 'bare',
        perSecond: median(bare.map(({ checksPerSecond }) => checksPerSecond)),
        ofBare: 1,
        cpuMillis: median(bare.map(({ cpuMicros }) => cpuMicros)) / 1000,
        p50: undefined,
        errors: 0,
      },
      {
        hash,
        server: 'jotter',
        perSecond: median(loads.map((load) => load.requestsPerSecond)),
        ofBare: median(ofBare),
        cpuMillis: cpu === undefined ? undefined : cpu / 1000,
        p50: median(loads.map((load) => load.p50)),
        errors: errorsOf(loads),
      },
    ]
  })

export const statusRows = (rounds: readonly Round[], { connections }: RoundOptions): StatusRow[] =>
  STATUS_SERVERS.map((server) => {
    const loads = rounds.map((round) => round.status[server])
    const of = (floor: 'bare ES256' | 'bare HS256') =>
      median(
        rounds.map(
          ({ status }) => status[server].requestsPerSecond / status[floor].requestsPerSecond,
        ),
      )
    return {
      server,
      connections,
      perSecond: median(loads.map((load) => load.requestsPerSecond)),
      ofEs256: of('bare ES256'),
      ofHs256: of('bare HS256'),
      cpuMicros: cpuOf(loads),
      p50: median(loads.map((load) => load.p50)),
      p99: median(loads.map((load) => load.p99)),
      errors: errorsOf(loads),
    }
  })

export const stormRows = (
  rounds: readonly Round[],
  { connections, storm: count }: RoundOptions,
): StormRow[] =>
  (['idle', 'storm'] as const).map((when) => {
    const loads = rounds.map((round) => round.storm[when])
    const logins = when === 'idle' ? [] : rounds.map((round) => round.storm.logins)
    return {
      logins: when === 'idle' ? 0 : count,
      connections,
      tokensPerSecond: median(loads.map((load) => load.requestsPerSecond)),
      p50: median(loads.map((load) => load.p50)),
      p99: median(loads.map((load) => load.p99)),
      ofIdle: median(rounds.map(({ storm }) => storm[when].p99 / storm.idle.p99)),
      loginsPerSecond:
        logins.length === 0 ? undefined : median(logins.map((load) => load.requestsPerSecond)),
      errors: errorsOf([...loads, ...logins]),
    }
  })
