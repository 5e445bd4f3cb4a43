/**
 * Who may import whom, and who may ask the process for something. The rules are those of
 * ARCHITECTURE.md; the reason stands in the message. Tests are free: they are in no package.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative } from 'node:path/posix'
import { describe, test } from 'node:test'

const ROOT = join(import.meta.dirname, '../..')

/** Each rule says why the file `from` may not import `to`, or nothing. */
type Rule = (from: string, to: string) => string | false

const flowOf = (file: string) => /^server\/flows\/([^/]+)\//.exec(file)?.[1]
const isShared = (file: string) =>
  /^server\/(api-keys|clients|keys|keyserver|limits|passwords|revocation|users)\//.test(file)
const engineOf = (file: string) => /^server\/stores\/([^/]+)\//.exec(file)?.[1]
const isFramework = (to: string) => /^@?(fastify|express|hono|koa)(\/|$)/.test(to)
const isHttp = (to: string) =>
  /^node:(http|https|http2|net|tls|dgram)$/.test(to) || isFramework(to) || to === 'undici'
const isSchema = (to: string) =>
  /^(typebox|@sinclair\/typebox|json-schema-to-ts|ajv)(\/|$)/.test(to)

const RULES: readonly Rule[] = [
  (from, to) =>
    from.startsWith('token/') &&
    /^(server|client|console)\//.test(to) &&
    'token/ is what both sides use: it depends on nothing of ours',
  (from, to) => from.startsWith('token/') && isHttp(to) && 'token/ knows no HTTP',
  (from, to) => from.startsWith('token/') && /^node:fs/.test(to) && 'token/ knows no files',
  (from, to) =>
    from.startsWith('token/') &&
    !isBuiltin(to) &&
    !to.startsWith('token/') &&
    'token/ installs nothing',
  (from, to) =>
    from.startsWith('client/') && to.startsWith('server/') && 'the client installs no server',
  (from, to) => from.startsWith('client/') && isFramework(to) && 'the client knows no framework',
  (from, to) =>
    /\/(service|store)\.ts$/.test(from) && (isHttp(to) || isSchema(to)) && 'rules know no HTTP',
  (from, to) =>
    /\/(service|store)\.ts$/.test(from) &&
    (to.startsWith('server/stores/') || /^(node:sqlite|pg)$/.test(to)) &&
    'rules know no SQL',
  (from, to) =>
    flowOf(from) !== undefined &&
    flowOf(to) !== undefined &&
    flowOf(from) !== flowOf(to) &&
    'flows do not know each other',
  (from, to) => isShared(from) && flowOf(to) !== undefined && 'what flows share knows none of them',
  (from, to) =>
    engineOf(from) !== undefined &&
    engineOf(to) !== undefined &&
    engineOf(from) !== engineOf(to) &&
    'an engine is deleted by deleting its folder',
  (from, to) =>
    engineOf(from) !== undefined &&
    (isHttp(to) || isSchema(to) || /\/(service|routes|schemas)\.ts$/.test(to)) &&
    'an engine stores: it knows no rules and no HTTP',
  (from, to) =>
    !from.startsWith('server/cli/') &&
    to.startsWith('server/cli/') &&
    'the command line is on top: nothing below knows it',
]

/** What only `cli/` may use, by the text that uses it. */
const OF_THE_PROCESS: readonly (readonly [RegExp, string])[] = [
  [
    /\bprocess\s*\.\s*(env|argv|exit|exitCode|stdout|stderr)\b/,
    'settings and output are passed in',
  ],
  [/\bDate\s*\.\s*now\b|\bnew Date\(\s*\)|\bDate\(\s*\)/, 'time is passed in'],
  [/\bTemporal\s*\.\s*Now\b/, 'time is passed in'],
  [/\bconsole\s*\./, 'output is passed in'],
]

/** `packages/token/src/jws.ts` is `token/jws.ts` here. */
const nameOf = (path: string) => path.replace(/^packages\/([^/]+)\/src\//, '$1/')

/** Comments go, and the contents of strings where they are not asked for. */
function codeOf(source: string, { strings }: { strings: boolean }): string {
  const parts = /(\/\*[\s\S]*?\*\/|\/\/[^\n]*)|('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")/g
  return source.replace(parts, (_, comment, quoted) =>
    comment !== undefined ? ' ' : strings ? quoted : "''",
  )
}

/** What a module imports, `import type` and `import()` too: `server/errors.ts`, `node:fs`, `pino`. */
function importsOf(path: string, source: string): string[] {
  const code = codeOf(source, { strings: true })
  const specifier =
    /(?:\b(?:import|export)\b[^'"();]*?\bfrom\s*|\bimport\s*\(?\s*)['"]([^'"]+)['"]/g
  return [...code.matchAll(specifier)].map(([, to = '']) => {
    if (to.startsWith('.')) return nameOf(join(dirname(path), to))
    return to.replace(/^@jotter\/(\w+).*/, '$1/index.ts')
  })
}

const brokenBy = (path: string, source: string): string[] => {
  const from = nameOf(path)
  const imports = importsOf(path, source).flatMap((to) =>
    RULES.map((rule) => rule(from, to))
      .filter((why) => why !== false)
      .map((why) => `${from} -> ${to}: ${why}`),
  )
  if (from.startsWith('server/cli/')) return imports
  const code = codeOf(source, { strings: false })
  const uses = OF_THE_PROCESS.flatMap(([pattern, why]) => {
    const found = pattern.exec(code)
    return found === null ? [] : [`${from} uses ${found[0]}: ${why}`]
  })
  return [...imports, ...uses]
}

const sources = () =>
  globSync('packages/*/src/**/*.ts', { cwd: ROOT })
    .map((path) => relative('.', path))
    .filter((path) => !path.endsWith('.test.ts'))
    .map((path) => [path, readFileSync(join(ROOT, path), 'utf8')] as const)

test('modules import only what they may', () => {
  assert.deepEqual(
    sources().flatMap(([path, source]) => brokenBy(path, source)),
    [],
  )
})

test('every import is understood: a relative one names a file that is there', () => {
  const files = new Set(sources().map(([path]) => nameOf(path)))
  assert.ok(files.size > 30)
  const unknown = sources().flatMap(([path, source]) =>
    importsOf(path, source)
      .filter((to) => /^(token|server|client|console)\//.test(to) && !files.has(to))
      .map((to) => `${nameOf(path)} -> ${to}`),
  )
  assert.deepEqual(unknown, [])
})

test('an example can be copied: it imports its own files and what Node has', () => {
  const files = globSync('examples/**/*.{ts,js}', { cwd: ROOT })
  assert.ok(files.length > 0)
  const others = files.flatMap((path) => {
    const [, example = ''] = path.split('/')
    return importsOf(path, readFileSync(join(ROOT, path), 'utf8'))
      .filter((to) => !isBuiltin(to) && !to.startsWith(`examples/${example}/`))
      .map((to) => `${path} -> ${to}`)
  })
  assert.deepEqual(others, [])
})

describe('the rules notice', () => {
  const flow = 'packages/server/src/flows/transaction'
  const cases: readonly [path: string, source: string, why: RegExp][] = [
    ['packages/token/src/a.ts', "import { a } from '@jotter/server'", /nothing of ours/],
    ['packages/token/src/a.ts', "import a from '../../server/src/a.ts'", /nothing of ours/],
    ['packages/token/src/a.ts', "import { get } from 'node:http'", /no HTTP/],
    ['packages/token/src/a.ts', "import fs from 'node:fs/promises'", /no files/],
    ['packages/token/src/a.ts', "import { jwtVerify } from 'jose'", /installs nothing/],
    ['packages/client/src/guards/a.ts', "import type { A } from 'fastify'", /no framework/],
    ['packages/client/src/a.ts', "import('@jotter/server')", /no server/],
    [`${flow}/service.ts`, "import type { A } from 'fastify'", /no HTTP/],
    [`${flow}/service.ts`, "import {\n  a,\n  b,\n} from 'typebox'", /no HTTP/],
    [`${flow}/store.ts`, "export * from '../../stores/memory/a.ts'", /no SQL/],
    [`${flow}/store.ts`, "import { DatabaseSync } from 'node:sqlite'", /no SQL/],
    [`${flow}/routes.ts`, "import { a } from '../session/service.ts'", /know each other/],
    ['packages/server/src/users/a.ts', "import '../flows/session/store.ts'", /knows none/],
    ['packages/server/src/api-keys/service.ts', "import '@fastify/cors'", /no HTTP/],
    ['packages/server/src/stores/sql/a.ts', "import { a } from '../memory/a.ts'", /its folder/],
    ['packages/server/src/stores/sql/a.ts', "await import('fastify')", /knows no rules/],
    [
      'packages/server/src/stores/memory/a.ts',
      "import { a } from '../../flows/transaction/service.ts'",
      /knows no rules/,
    ],
    ['packages/server/src/a.ts', "import { a } from './cli/io.ts'", /on top/],
    ['packages/server/src/a.ts', 'const a = process.env.A', /passed in/],
    ['packages/server/src/a.ts', 'const a = Date.now()', /time is passed in/],
    ['packages/server/src/a.ts', 'const now = Date.now', /time is passed in/],
    ['packages/server/src/a.ts', 'const a = new Date()', /time is passed in/],
    ['packages/token/src/a.ts', 'console.log(1)', /output is passed in/],
  ]
  for (const [path, source, why] of cases) {
    test(`${nameOf(path)}: ${source.replaceAll('\n', ' ')}`, () => {
      assert.match(brokenBy(path, source).join('\n'), why)
    })
  }

  test('but not what is allowed, or only spoken of', () => {
    const allowed: readonly (readonly [path: string, source: string])[] = [
      ['packages/token/src/a.ts', "import { createHmac } from 'node:crypto'"],
      [`${flow}/service.ts`, "import { a } from '@jotter/token'\nimport { b } from './store.ts'"],
      [`${flow}/routes.ts`, "import type { A } from 'fastify'"],
      [`${flow}/service.ts`, "import type { A } from '../../users/store.ts'"],
      ['packages/server/src/stores/open.ts', "import { a } from './memory/a.ts'"],
      ['packages/server/src/cli/a.ts', 'console.log(process.env, Date.now())'],
      ['packages/server/src/a.ts', '// Date.now() is not for us\n/* console.log */ new Date(at)'],
      ['packages/server/src/a.ts', "const about = 'process.env and https://a.b'"],
    ]
    for (const [path, source] of allowed) assert.deepEqual(brokenBy(path, source), [], source)
  })
})
