import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, test } from 'node:test'
import { jwtVerify } from 'jose'
import { DIFFERENCES, differencesMarkdown, VERSIONS } from '../test/differences.ts'
import { KEY, NOW, OPTIONS, SECRET } from '../test/forge.ts'
import { KEY_REASONS, TOKEN_REASONS } from './errors.ts'
import { verifyToken } from './verify.ts'

const page = readFileSync(new URL('../../../docs/tokens.md', import.meta.url), 'utf8')
const joseOptions = {
  algorithms: ['HS256'],
  issuer: 'me',
  audience: 'app',
  requiredClaims: ['exp'],
  currentDate: new Date(NOW * 1000),
}

describe('Tokens that other libraries judge otherwise', () => {
  for (const { name, token, reason, jose } of DIFFERENCES) {
    test(`${name}: ${reason}`, async () => {
      const options = { ...OPTIONS, typ: 'JWT' }
      await assert.rejects(verifyToken(token, KEY, options), { name: 'TokenError', reason })
      const theirs = await jwtVerify(token, SECRET, joseOptions).then(
        () => 'accepts',
        () => 'refuses',
      )
      assert.equal(theirs, jose)
    })
  }

  test('are the table of docs/tokens.md', () => {
    assert.ok(page.includes(differencesMarkdown()), differencesMarkdown())
  })

  test('were measured with the version of jose that is installed', () => {
    const { version } = createRequire(import.meta.url)('jose/package.json') as { version: string }
    assert.equal(version, VERSIONS.jose)
  })
})

test('docs/tokens.md has every reason, with its text', () => {
  for (const [reason, text] of Object.entries({ ...TOKEN_REASONS, ...KEY_REASONS })) {
    assert.ok(page.includes(`| \`${reason}\` | ${text} |`), reason)
  }
})
