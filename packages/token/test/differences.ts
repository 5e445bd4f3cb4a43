/**
 * Where this package differs from the libraries that people use, on purpose: one row per token. The
 * rows are tests, and they are the table of `docs/tokens.md`.
 *
 * The verdicts of jose are taken anew by the tests. Those of the other two were measured once, called
 * as `verify(token, { algorithm, issuer, audience })`; a dash says that nobody has measured.
 *
 * @module
 */
import type { TokenReason } from '../src/index.ts'
import { CLAIMS, forge, NOW } from './forge.ts'

export const VERSIONS = { jose: '6.2.17', jsonwebtoken: '9.0.3', 'fast-jwt': '6.3.6' } as const

type Verdict = 'accepts' | 'refuses' | 'crashes' | '-'

export interface Difference {
  readonly name: string
  readonly token: string
  /** What is said here. */
  readonly reason: TokenReason
  readonly jose: Exclude<Verdict, '-'>
  readonly jsonwebtoken: Verdict
  readonly fastJwt: Verdict
}

const alg = 'HS256'
const exp = `"exp":${NOW + 60}`
const withMembers = (members: string) => `{"iss":"me","aud":"app",${members}}`
const latin1 = (text: string) => Buffer.from(text, 'latin1')
const good = forge()

type Row = readonly [
  name: string,
  token: string,
  reason: TokenReason,
  jose: Difference['jose'],
  jsonwebtoken: Verdict,
  fastJwt: Verdict,
]

const ROWS: readonly Row[] = [
  [
    'crit of an unknown name',
    forge({ header: { alg, crit: ['x'] } }),
    'malformed',
    'refuses',
    'accepts',
    'refuses',
  ],
  [
    'crit without a name',
    forge({ header: { alg, crit: [] } }),
    'malformed',
    'refuses',
    'accepts',
    'refuses',
  ],
  [
    'crit of a claim',
    forge({ header: { alg, crit: ['exp'] } }),
    'malformed',
    'refuses',
    'accepts',
    'refuses',
  ],
  [
    'b64 false without crit',
    forge({ header: { alg, b64: false } }),
    'malformed',
    'accepts',
    'accepts',
    'accepts',
  ],
  [
    'b64 false with crit',
    forge({ header: { alg, b64: false, crit: ['b64'] } }),
    'malformed',
    'refuses',
    'accepts',
    'refuses',
  ],
  [
    'alg twice in the header',
    forge({ header: '{"alg":"none","alg":"HS256"}' }),
    'malformed',
    'accepts',
    'accepts',
    'accepts',
  ],
  [
    'sub twice in the claims',
    forge({ payload: withMembers(`${exp},"sub":"u","sub":"admin"`) }),
    'malformed',
    'accepts',
    'accepts',
    'accepts',
  ],
  [
    'other unused bits at the end of the signature',
    good.replace(/.$/, next),
    'malformed',
    'accepts',
    'accepts',
    'accepts',
  ],
  ['padding after the signature', `${good}=`, 'malformed', 'accepts', '-', '-'],
  ['a newline after the signature', `${good}\n`, 'malformed', 'accepts', 'refuses', 'refuses'],
  [
    'a space inside the signature',
    good.replace(/(?=.{9}$)/, ' '),
    'malformed',
    'accepts',
    'refuses',
    'refuses',
  ],
  [
    'exp of 1e400',
    forge({ payload: withMembers('"exp":1e400') }),
    'malformed',
    'accepts',
    'accepts',
    'accepts',
  ],
  [
    'no exp',
    forge({ payload: withMembers('"sub":"u"') }),
    'missing_claim',
    'refuses',
    'accepts',
    'refuses',
  ],
  [
    'nbf of 1e400',
    forge({ payload: withMembers(`${exp},"nbf":1e400`) }),
    'malformed',
    'refuses',
    'refuses',
    'crashes',
  ],
  [
    'iat an hour ahead',
    forge({ payload: { ...CLAIMS, iat: NOW + 3600 } }),
    'not_yet_valid',
    'accepts',
    'accepts',
    'accepts',
  ],
  [
    'iat that is text',
    forge({ payload: { ...CLAIMS, iat: 'x' } }),
    'invalid_claim',
    'refuses',
    'accepts',
    'accepts',
  ],
  [
    'no aud where one is demanded',
    forge({ payload: `{"iss":"me",${exp}}` }),
    'missing_claim',
    'refuses',
    'refuses',
    'accepts',
  ],
  [
    'bytes in sub that are not UTF-8',
    forge({ payload: latin1(withMembers(`${exp},"sub":"\xff"`)) }),
    'malformed',
    'refuses',
    'accepts',
    'accepts',
  ],
  [
    'a byte order mark before the claims',
    forge({ payload: `\ufeff${JSON.stringify(CLAIMS)}` }),
    'malformed',
    'accepts',
    'refuses',
    'refuses',
  ],
  [
    'a claim nested 100,000 deep',
    forge({ payload: withMembers(`${exp},"a":${'['.repeat(100_000)}${']'.repeat(100_000)}`) }),
    'malformed',
    'accepts',
    'accepts',
    'accepts',
  ],
  [
    'a token of 1 MB',
    forge({ payload: { ...CLAIMS, a: 'x'.repeat(2 ** 20) } }),
    'malformed',
    'accepts',
    'accepts',
    'accepts',
  ],
  [
    'typ at+jwt where JWT is wanted',
    forge({ header: { alg, typ: 'at+jwt' } }),
    'wrong_type',
    'accepts',
    'accepts',
    'accepts',
  ],
  [
    'the text NUL in a claim',
    forge({ payload: withMembers(`${exp},"sub":"a\\u0000"`) }),
    'malformed',
    'accepts',
    '-',
    '-',
  ],
  [
    'half of a surrogate pair in a claim',
    forge({ payload: withMembers(`${exp},"sub":"\\ud800"`) }),
    'malformed',
    'accepts',
    '-',
    '-',
  ],
  [
    'a claim named `__proto__`',
    forge({ payload: withMembers(`${exp},"__proto__":{}`) }),
    'malformed',
    'accepts',
    '-',
    '-',
  ],
  [
    'a number that is not exact',
    forge({ payload: withMembers(`${exp},"n":9007199254740993`) }),
    'malformed',
    'accepts',
    '-',
    '-',
  ],
  [
    'cty JWT, a token inside the token',
    forge({ header: { alg, cty: 'JWT' } }),
    'malformed',
    'accepts',
    '-',
    '-',
  ],
  ['zip in the header', forge({ header: { alg, zip: 'DEF' } }), 'malformed', 'accepts', '-', '-'],
  [
    'exp in milliseconds',
    forge({ payload: { ...CLAIMS, exp: (NOW + 60) * 1000 } }),
    'invalid_claim',
    'accepts',
    '-',
    '-',
  ],
  [
    'a negative nbf',
    forge({ payload: { ...CLAIMS, nbf: -1 } }),
    'invalid_claim',
    'accepts',
    '-',
    '-',
  ],
  ['iat of 0', forge({ payload: { ...CLAIMS, iat: 0 } }), 'invalid_claim', 'accepts', '-', '-'],
  [
    'aud with a number among the names',
    forge({ payload: { ...CLAIMS, aud: ['app', 5] } }),
    'invalid_claim',
    'accepts',
    '-',
    '-',
  ],
  [
    'sub that is a number',
    forge({ payload: { ...CLAIMS, sub: 5 } }),
    'invalid_claim',
    'accepts',
    '-',
    '-',
  ],
]

export const DIFFERENCES: readonly Difference[] = ROWS.map(
  ([name, token, reason, jose, jsonwebtoken, fastJwt]) => ({
    name,
    token,
    reason,
    jose,
    jsonwebtoken,
    fastJwt,
  }),
)

/** The table of `docs/tokens.md`. */
export function differencesMarkdown(): string {
  const { jose, jsonwebtoken, 'fast-jwt': fastJwt } = VERSIONS
  const rows = DIFFERENCES.map((row) => [
    row.name,
    `\`${row.reason}\``,
    row.jose,
    row.jsonwebtoken,
    row.fastJwt,
  ])
  const head = [
    'A token with',
    'here',
    `jose ${jose}`,
    `jsonwebtoken ${jsonwebtoken}`,
    `fast-jwt ${fastJwt}`,
  ]
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('')
}

/** The next character of the alphabet: the same bytes, since its last bits do not count. */
function next(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet[(alphabet.indexOf(character) + 1) % 64] as string
}
