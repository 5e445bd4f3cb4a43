/**
 * The tokens of one person in one tab, and every request that needs them. It knows no page.
 *
 * The access token is in memory only. The refresh token is in sessionStorage as well, so that a
 * reload keeps the session. Tabs of one session tell each other what they got: each refresh token is
 * used once, and who came with an old one would end the session for all.
 *
 * @module
 */
import { openTabs } from './tabs.js'

/**
 * A session as a tab keeps it.
 *
 * @typedef {object} Kept
 * @property {string} id Of this login, the same in every tab of it.
 * @property {number} turn How often the tokens were refreshed: the highest is the newest.
 * @property {string} refresh The refresh token.
 *
 * @typedef {{ kept?: Kept | undefined, access?: string | undefined, ended?: string | undefined }} News
 *   What tabs tell each other: the tokens, or which session has ended.
 *
 * @typedef {object} Asked One request, as it may be shown: no token is in it.
 * @property {string} method
 * @property {string} path
 * @property {number | undefined} status Undefined when there was no answer.
 * @property {number} milliseconds
 *
 * @typedef {{ pointer: string, detail: string }} Wrong A member of a body, as `/password`.
 *
 * @typedef {{ method?: string, body?: object, token?: string | undefined }} Init
 */

const NAME = 'jotter-session'
const ANSWER_TIMEOUT_MS = 10_000

/** An answer of the service that is an error, in its own words. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {{ message?: string, msg?: string, code?: string, errors?: Wrong[] }} body
   */
  constructor(status, { message, msg, code, errors = [] }) {
    super(message ?? msg ?? `The service answered with ${status}.`)
    this.status = status
    /** Stable, to branch on. */
    this.code = code
    this.wrong = errors
  }
}

/** The service is not there, or its answer is not for this page. A browser does not say which. */
export class NoAnswer extends Error {}

/**
 * @param {string} service Its origin.
 * @param {object} page
 * @param {(why: string) => void} page.ended Called when the session is over without being asked to.
 * @param {(asked: Asked) => void} page.asked Called after every request.
 */
export function openSession(service, page) {
  /** @type {Kept | undefined} */
  let kept = JSON.parse(sessionStorage.getItem(NAME) ?? 'null') ?? undefined
  /** @type {string | undefined} */
  let access
  /** @type {Promise<void> | undefined} */
  let refreshing
  let asking = false

  const tabs = openTabs(NAME, {
    // Who asks has this session, or none yet.
    answer: (id) =>
      /** @type {News} */ (id === undefined || id === kept?.id ? { kept, access } : {}),
    hear(news) {
      if (isNewer(news)) take(news.kept, news.access)
      if (news.ended !== undefined && news.ended === kept?.id) {
        forget()
        page.ended('Your session has ended in another tab.')
      }
    },
  })

  /** @type {(news: News) => news is News & { kept: Kept }} */
  function isNewer(news) {
    if (news.kept === undefined) return false
    // Who has logged out is not logged in again by another session's tab.
    if (kept === undefined) return asking
    if (news.kept.id !== kept.id) return false
    const isMore = access === undefined && news.access !== undefined
    return news.kept.turn > kept.turn || (news.kept.turn === kept.turn && isMore)
  }

  async function askTabs() {
    asking = true
    await tabs.ask(kept?.id)
    asking = false
  }

  /** @type {(session: Kept, token: string | undefined) => void} */
  function take(session, token) {
    kept = session
    access = token
    sessionStorage.setItem(NAME, JSON.stringify(session))
  }

  function forget() {
    kept = undefined
    access = undefined
    sessionStorage.removeItem(NAME)
  }

  function end() {
    tabs.tell({ ended: kept?.id })
    forget()
  }

  /**
   * One request to the service.
   *
   * @param {string} path
   * @param {Init} init
   * @throws {Refusal} When it is refused.
   * @throws {NoAnswer} When nothing comes back.
   */
  async function send(path, { method = 'GET', body, token }) {
    const start = performance.now()
    /** @type {Response | undefined} */
    let answer
    try {
      answer = await fetch(service + path, {
        method,
        headers: {
          ...(body && { 'Content-Type': 'application/json' }),
          // Never in the path: addresses are logged, kept in the history and passed on.
          ...(token && { Authorization: `Bearer ${token}` }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        credentials: 'omit',
        cache: 'no-store',
        redirect: 'error',
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      })
      const read = await answer.json()
      if (!answer.ok) throw new Refusal(answer.status, read)
      return read
    } catch (error) {
      if (error instanceof Refusal) throw error
      throw new NoAnswer(
        `No answer from ${service}. Does it run, and is ${location.origin} in its CORS_ORIGINS?`,
        { cause: error },
      )
    } finally {
      const milliseconds = Math.round(performance.now() - start)
      page.asked({ method, path, status: answer?.status, milliseconds })
    }
  }

  /**
   * The next two tokens, unless somebody has got them since `stale` was sent. However many requests
   * ask, in this tab or another one, one asks the service.
   *
   * @param {string | undefined} stale
   */
  async function refresh(stale) {
    if (kept === undefined || access !== stale) return
    refreshing ??= navigator.locks
      .request(`${NAME} ${kept.id}`, async () => {
        await askTabs()
        if (kept === undefined || access !== stale) return
        const { id, turn, refresh: refresh_token } = kept
        const next = await send('/token/refresh', { method: 'POST', body: { refresh_token } })
        // Logged out meanwhile, or logged in as somebody else: the answer is for nobody.
        if (kept?.id !== id) return
        take({ id, turn: turn + 1, refresh: next.refresh_token }, next.token)
        tabs.tell({ kept, access })
      })
      .finally(() => {
        refreshing = undefined
      })
    await refreshing
  }

  /**
   * A request with the access token. When that has expired it is refreshed, and the request is made
   * again: what was refused has done nothing.
   *
   * @param {string} path
   * @param {Init} init
   */
  async function authorized(path, init = {}) {
    const id = kept?.id
    try {
      if (access === undefined) await refresh(undefined)
      const sent = access
      try {
        return await send(path, { ...init, token: sent })
      } catch (error) {
        if (!(error instanceof Refusal && error.code === 'token_expired')) throw error
        await refresh(sent)
        return await send(path, { ...init, token: access })
      }
    } catch (error) {
      // The service says it is over. Without an answer, or with a 503, both tokens are still good.
      if (error instanceof Refusal && error.status === 401 && id !== undefined && kept?.id === id) {
        end()
        page.ended(error.message)
      }
      throw error
    }
  }

  /** @type {(path: string, body: object) => Promise<string>} */
  async function begin(path, body) {
    const answer = await send(path, { method: 'POST', body })
    take({ id: crypto.randomUUID(), turn: 0, refresh: answer.refresh_token }, answer.auth_token)
    return answer.message
  }

  return {
    /** Whether there is a session, of this tab before its reload or of another tab. */
    async restore() {
      if (kept === undefined || access === undefined) await askTabs()
      return kept !== undefined
    },

    /** @param {{ username: string, email: string, password: string }} body */
    register: (body) => begin('/auth/register', body),

    /**
     * @param {string} name An e-mail address or a user name, which has no @.
     * @param {string} password
     */
    logIn: (name, password) =>
      begin('/auth/login', { [name.includes('@') ? 'email' : 'username']: name, password }),

    /** @returns {Promise<{ username: string, email: string, id: string, created_at: string }>} */
    status: async () => (await authorized('/auth/status')).data,

    /** @type {(current: string, next: string) => Promise<string>} */
    async changePassword(current, next) {
      const body = { current_password: current, new_password: next }
      return (await authorized('/auth/password', { method: 'POST', body })).message
    },

    /**
     * The tokens are forgotten after the service has ended the session: without its answer nobody
     * is logged out.
     *
     * @param {{ everywhere: boolean }} where
     */
    async logOut({ everywhere }) {
      const path = everywhere ? '/auth/logout?everywhere=true' : '/auth/logout'
      const { message } = await authorized(path, { method: 'POST' })
      end()
      return message
    },
  }
}
