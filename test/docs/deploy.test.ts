/** The files of deploy/ against the code: what they set is a setting, what they run is a command. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, matchesGlob } from 'node:path/posix'
import { test } from 'node:test'
import { SETTINGS } from '../../packages/server/src/settings.ts'
import { testSettings } from '../support/service.ts'

const ROOT = join(import.meta.dirname, '../..')
const FILES = globSync('deploy/{*,.*}', { cwd: ROOT }).map(
  (path) => [path, readFileSync(join(ROOT, path), 'utf8')] as const,
)

test('every setting that they name is one', () => {
  const named = FILES.flatMap(([path, text]) =>
    [...text.matchAll(/\bJOTTER_([A-Z_]+?)(?:_FILE)?\b/g)].map(([, name = '']) => [path, name]),
  )
  assert.ok(named.length > 10)
  assert.deepEqual(
    named.filter(([, name = '']) => !(name in SETTINGS)),
    [],
  )
})

test('every file of the project that they name is there', () => {
  const named = FILES.flatMap(([path, text]) =>
    [...text.matchAll(/\b(?:packages|deploy|docs)\/[\w./-]+\.\w+/g)].map(([file]) => [path, file]),
  )
  assert.ok(named.length > 5)
  assert.deepEqual(
    named.filter(([, file = '']) => !existsSync(join(ROOT, file))),
    [],
  )
})

test('each says what of it no test runs', () => {
  for (const [path, text] of FILES) assert.match(text, /(does not run|not the image)/, path)
})

test('what is no part of the repository, secrets first of all, gets into no image either', () => {
  const linesOf = (file: string) => readFileSync(join(ROOT, file), 'utf8').trim().split('\n')
  const left = linesOf('.dockerignore')
  const isLeft = (path: string) =>
    left.some((pattern) => matchesGlob(path, pattern) || matchesGlob(path, `${pattern}/**`))
  // A name without a slash in the middle is ignored in every folder.
  const ignored = linesOf('.gitignore').flatMap((line) => {
    const path = line.replace(/\/$/, '').replace('*', 'any')
    const places = path.includes('/') ? [path] : [path, `packages/server/${path}`]
    return places.flatMap((place) => (line.endsWith('/') ? [`${place}/file`] : [place]))
  })
  assert.ok(ignored.includes('deploy/secrets/file') && ignored.includes('.env'))
  assert.deepEqual(
    ignored.filter((path) => !isLeft(path)),
    [],
  )
  assert.equal(isLeft('packages/server/src/app.ts'), false)
})

test('production takes what compose.yaml gives to a node', () => {
  const compose = FILES.find(([path]) => path.endsWith('compose.yaml'))?.[1] ?? ''
  const [, network] = /JOTTER_TRUST_PROXY: (\S+)/.exec(compose) ?? []
  assert.ok(compose.includes(`subnet: ${network}`))
  const settings = testSettings({
    JOTTER_ENV: 'production',
    JOTTER_HOST: '0.0.0.0',
    JOTTER_MASTER_KEY: 'm'.repeat(32),
    JOTTER_TRUST_PROXY: network,
    JOTTER_ISSUER: 'http://localhost:7519',
  })
  assert.deepEqual([settings.HOST, settings.TRUST_PROXY], ['0.0.0.0', [network]])
})
