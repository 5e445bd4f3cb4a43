import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shownUrl } from './database.ts'
import { problemOfPostgresUrl } from './postgres-url.ts'

describe('a URL that is shown holds no password', () => {
  const shown = {
    'postgres://user:hunter2@db:5432/jotter': 'postgres://user@db:5432/jotter',
    'postgresql://user:hun%40ter2@db/jotter': 'postgresql://user@db/jotter',
    'postgres://:hunter2@db/jotter': 'postgres://db/jotter',
    'postgres://user@db/jotter?password=hunter2&sslmode=require': 'postgres://user@db/jotter',
    'postgres://user:hunter@2@db/jotter': 'postgres://user@db/jotter',
    'postgres://[::1]/jotter': 'postgres://[::1]/jotter',
  }
  for (const [url, text] of Object.entries(shown)) {
    test(url, () => {
      assert.equal(problemOfPostgresUrl(url), undefined)
      assert.equal(shownUrl(url), text)
    })
  }
})

describe('a URL that cannot be used is told what is wrong, and not repeated', () => {
  const problems: Readonly<Record<string, RegExp>> = {
    'postgres://user:hunter/2@db/jotter': /is no URL/,
    'postgres://user:12/hunter2@db/jotter': /an @ or # behind the host/,
    'postgres://user:1#hunter2@db/jotter': /an @ or # behind the host|must name/,
    'postgres://user:hunter2@db': /must name a database/,
    'postgres://user:hunter2@db/': /must name a database/,
    'postgres://user:hunter2@db/a/b': /must name a database/,
    'postgres://user:hunter2%@db/jotter': /a % that escapes nothing/,
  }
  for (const [url, problem] of Object.entries(problems)) {
    test(url, () => {
      const told = problemOfPostgresUrl(url) ?? ''
      assert.match(told, problem)
      assert.doesNotMatch(told, /hunter/)
    })
  }
})
