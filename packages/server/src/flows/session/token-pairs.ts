/** The two tokens of a session, and how long all that lasts. Knows no rules and no database. */
import { type AccessTokens, accessLives } from '../../keys/access-tokens.ts'
import type { Settings } from '../../settings.ts'
import type { Session } from '../../users/store.ts'
import { uuidv7 } from '../../uuid.ts'
import type { RefreshTokens } from './refresh-token.ts'

/** In seconds. */
export interface SessionLives {
  /** Of the access token of a registration or a login. */
  readonly login: number
  /** Of the access token of `token` and of every refresh. */
  readonly token: number
  /** No access token lives longer. */
  readonly longest: number
  /** How long the refresh token before the last may be presented again. */
  readonly grace: number
  /** Of a session that nobody refreshes. */
  readonly session: number
}

export const sessionLives = (
  settings: Parameters<typeof accessLives>[0] &
    Pick<Settings, 'REFRESH_GRACE_SECONDS' | 'REFRESH_TOKEN_DAYS'>,
): SessionLives => ({
  ...accessLives(settings),
  grace: settings.REFRESH_GRACE_SECONDS,
  session: settings.REFRESH_TOKEN_DAYS * 86_400,
})

export interface TokenPair {
  readonly userId: string
  readonly accessToken: string
  /** Seconds that the access token lives. */
  readonly expiresIn: number
  readonly refreshToken: string
}

export interface PairDeps {
  tokens: Pick<AccessTokens, 'mint'>
  refreshTokens: RefreshTokens
  lives: SessionLives
}

/** Makes tokens of sessions that their caller keeps; nobody may have them before that. */
export function tokenPairs({ tokens, refreshTokens, lives }: PairDeps) {
  /** @param at Epoch milliseconds, as `tokensUntil`, when the access token has expired. */
  async function pairFor(
    { userId, sid, generation }: { userId: string; sid: string; generation: number },
    lifeSeconds: number,
    at: number,
  ) {
    const minted = await tokens.mint({ userId, sid, lifeSeconds, now: at })
    const pair: TokenPair = {
      userId,
      accessToken: minted.token,
      expiresIn: lifeSeconds,
      refreshToken: refreshTokens.make({ sid, generation }),
    }
    return { pair, tokensUntil: minted.expiresAt }
  }

  return {
    /** A new session, and what its owner gets. */
    async first(userId: string, lifeSeconds: number, at: number) {
      const [sid, generation] = [uuidv7(at), 1]
      const { pair, tokensUntil } = await pairFor({ userId, sid, generation }, lifeSeconds, at)
      const session: Session = {
        id: sid,
        userId,
        createdAt: at,
        generation,
        rotatedAt: at,
        expiresAt: at + lives.session * 1000,
        tokensUntil,
        endedAt: undefined,
      }
      return { session, pair }
    },

    /** What a refresh of `session` gives. */
    next: ({ id: sid, userId }: Session, generation: number, at: number) =>
      pairFor({ userId, sid, generation }, lives.token, at),
  }
}
