/**
 * `postgres://user:password@host:5432/database?sslmode=verify-full`, as the driver reads it. What is
 * shown of one never holds a secret.
 */

export const isPostgres = (url: string): boolean => /^postgres(ql)?:\/\//.test(url)

/** What is wrong with `url`, without repeating it; undefined when it can be used. */
export function problemOfPostgresUrl(url: string): string | undefined {
  if (!URL.canParse(url)) {
    return 'is no URL: characters like / : @ # ? % in the password are written as %2F %3A %40 %23 %3F %25'
  }
  const { pathname, hash } = new URL(url)
  // What begins here is the rest of a password that was not escaped.
  if (pathname.includes('@') || hash !== '')
    return 'has an @ or # behind the host: escape the password'
  if (!/^\/[^/]+$/.test(pathname)) return 'must name a database: postgres://user@host/database'
  return isEscapedWell(url) ? undefined : 'has a % that escapes nothing: write it as %25'
}

function isEscapedWell(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/** Without the password, and without parameters, which may hold another. */
export function shownPostgresUrl(url: string): string {
  const { protocol, username, host, pathname } = new URL(url)
  return `${protocol}//${username === '' ? '' : `${username}@`}${host}${pathname}`
}

/** `prefer` encrypts too, as the driver reads it. */
const WITH_TLS = /^(prefer|require|verify-ca|verify-full|no-verify|true|1)$/

/** The host that is spoken to without TLS; undefined with it. A socket's is its folder, or empty. */
export function plainHostOf(url: string): string | undefined {
  const { hostname, searchParams } = new URL(url)
  const asked = searchParams.get('sslmode') ?? searchParams.get('ssl') ?? ''
  if (WITH_TLS.test(asked)) return undefined
  return searchParams.get('host') ?? decodeURIComponent(hostname).replace(/^\[(.*)\]$/, '$1')
}
