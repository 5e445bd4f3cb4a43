/**
 * Whether a library does what is about to be timed. Who skips a check would win.
 *
 * @module
 */
import assert from 'node:assert/strict'
import type { BenchClaims } from './claims.ts'

interface Subject {
  readonly sign?: (claims: BenchClaims) => string | Promise<string>
  readonly verify: (token: string) => unknown
}

/** `token` with another first byte of its signature. */
function tampered(token: string) {
  const at = token.lastIndexOf('.') + 1
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
}

/**
 * Its own token and that of `reference` are accepted on both sides; a changed signature, another
 * issuer, another audience and a token that has ended are refused.
 *
 * @throws {AssertionError} Naming `library` and what it did.
 */
export async function checkLibrary(
  library: string,
  subject: Subject,
  reference: Required<Subject>,
  claims: BenchClaims,
) {
  const token = await reference.sign(claims)
  assert.deepEqual(
    { ...((await subject.verify(token)) as object) },
    claims,
    `${library}: other claims`,
  )
  if (subject.sign !== undefined) {
    const own = await subject.sign(claims)
    assert.deepEqual(
      { ...((await reference.verify(own)) as object) },
      claims,
      `${library}: another token`,
    )
  }
  const bad: Readonly<Record<string, string>> = {
    'a changed signature': tampered(token),
    'another issuer': await reference.sign({ ...claims, iss: 'https://other.example' }),
    'another audience': await reference.sign({ ...claims, aud: 'https://other.example' }),
    'a dead token': await reference.sign({ ...claims, iat: claims.iat - 9, exp: claims.iat - 3 }),
  }
  for (const [what, text] of Object.entries(bad)) {
    await assert.rejects(async () => subject.verify(text), `${library} accepts ${what}`)
  }
}
