/**
 * The documents against the code: what they name is there, and the pages that are printed from the
 * code are what it prints today.
 */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path/posix'
import { after, describe, test } from 'node:test'
import { KEY_REASONS, TOKEN_REASONS } from '@jotter/token'
import type { Context } from '../../packages/server/src/cli/context.ts'
import { run } from '../../packages/server/src/cli/program.ts'
import { configurationMarkdown, errorsMarkdown } from '../../packages/server/src/docs.ts'
import { ERRORS, type ErrorCode } from '../../packages/server/src/errors.ts'
import { createMetrics } from '../../packages/server/src/operation/metrics.ts'
import { SETTINGS, type Setting } from '../../packages/server/src/settings.ts'
import { startTestService } from '../support/service.ts'
import {
  allCommandsOf,
  anchorsOf,
  commandsOf,
  fencesOf,
  linksOf,
  rowsOf,
  spansOf,
  type Words,
} from './markdown.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

const DOCUMENTS = globSync(['*.md', 'docs/**/*.md', '{packages,examples}/*/README.md'], {
  cwd: ROOT,
})
  .sort()
  .map((path) => ({ path, text: read(path) }))

/** Finds in every document what `problemsOf` complains about. */
function noneIn(problemsOf: (text: string, path: string) => string[]): void {
  const found = DOCUMENTS.flatMap(({ path, text }) =>
    problemsOf(text, path).map((problem) => `${path}: ${problem}`),
  )
  assert.deepEqual(found, [])
}

describe('pages that are printed from the code', () => {
  for (const [path, printed, command] of [
    ['docs/configuration.md', configurationMarkdown(), 'config docs'],
    ['docs/errors.md', errorsMarkdown(), 'errors docs'],
  ] as const) {
    test(`${path} is what \`npm run -s jotter -- ${command}\` prints`, () => {
      assert.equal(read(path), printed)
    })
  }
})

describe('links', () => {
  test('to files and headings lead there', () => {
    noneIn((text, path) =>
      linksOf(text).filter((target) => {
        const [file = '', anchor] = target.split('#')
        const wanted = file === '' ? path : join(dirname(path), file)
        if (!existsSync(join(ROOT, wanted))) return true
        return anchor !== undefined && !anchorsOf(read(wanted)).includes(anchor)
      }),
    )
  })

  test('lead to every page of docs/', () => {
    const linked = DOCUMENTS.flatMap(({ path, text }) =>
      linksOf(text).map((target) => join(dirname(path), target.split('#')[0] as string)),
    )
    const pages = DOCUMENTS.map(({ path }) => path).filter((path) => path.startsWith('docs/'))
    assert.deepEqual(
      pages.filter((page) => !linked.includes(page)),
      [],
    )
  })
})

describe('file names', () => {
  test('are those of files in the project', () => {
    const files = globSync('**/*.{ts,js,sql,md}', {
      cwd: ROOT,
      exclude: (name) => /^(node_modules|dist|\.git)$/.test(basename(name)),
    })
    noneIn((text) => {
      const words = allCommandsOf(text).flatMap((command) => [...command])
      return [...spansOf(text), ...words.filter((word) => word.includes('/'))]
        .filter((span) => /^[\w./-]+\.(ts|js|sql|md)$/.test(span) && !span.includes('NNNN'))
        .filter((span) => !files.some((file) => `/${file}`.endsWith(`/${span}`)))
    })
  })
})

describe('commands', () => {
  test('of jotter exist, with every flag', async () => {
    const broken: string[] = []
    for (const { path, text } of DOCUMENTS) {
      for (const words of jotterCommandsOf(text)) {
        const problem = await problemWith(words)
        if (problem !== undefined) broken.push(`${path}: jotter ${words.join(' ')}: ${problem}`)
      }
    }
    assert.deepEqual(broken, [])
  })

  test('of npm exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const known = ([command, verb = '', ...rest]: Words) => {
      if (command === 'npx') {
        return verb === 'jotter' || existsSync(join(ROOT, 'node_modules/.bin', verb))
      }
      if (command !== 'npm' || verb === 'ci') return true
      const script = verb === 'run' ? rest.find((word) => !word.startsWith('-')) : verb
      return script !== undefined && script in scripts
    }
    noneIn((text) =>
      allCommandsOf(text)
        .filter((words) => !known(words))
        .map((words) => words.join(' ')),
    )
  })
})

/** What follows `jotter`, however it is started. */
function jotterCommandsOf(text: string): Words[] {
  return allCommandsOf(text).flatMap((words) => {
    const [first, second] = words
    if (first === 'jotter') return [words.slice(1)]
    if (first === 'npx' && second === 'jotter') return [words.slice(2)]
    const at = words.indexOf('--')
    return first === 'npm' && words[at - 1] === 'jotter' ? [words.slice(at + 1)] : []
  })
}

async function problemWith(words: Words): Promise<string | undefined> {
  const path = words.slice(
    0,
    [...words, '-'].findIndex((word) => word.startsWith('-')),
  )
  const help = await helpOf(path)
  const [, named = ''] = /^Usage: jotter((?: [a-z-]+)*)/m.exec(help) ?? []
  const depth = named.split(' ').length - 1
  if (depth === 0 && path.length > 0) return 'no such command'
  if (help.includes('\nCommands:') && path.length > depth) return `${named} has no such verb`
  const flags = words.filter((word) => /^--?\w/.test(word)).map((word) => word.split('=')[0])
  const unknown = flags.find((flag) => !new RegExp(`^ .*(?<![\\w-])${flag}\\b`, 'm').test(help))
  return unknown && `no flag ${unknown}`
}

async function helpOf(path: Words): Promise<string> {
  let help = ''
  const write = (text: string) => {
    help += text
  }
  const terminal = { out: false, err: false, columns: 100 }
  const io = { out: write, err: write, terminal, color: { out: false, err: false } }
  await run([...path, '--help'], { io, version: '0.0.0', environment: {} } as unknown as Context)
  return help
}

describe('settings', () => {
  /** Names in capitals that are no settings. */
  const OTHERS = new Set([
    ...['NAME', 'JOTTER_NAME', 'JOTTER_NAME_FILE'],
    ...['JOTTER_URL', 'JOTTER_API_KEY', 'JOTTER_TEST_SEED', 'NODE_EXTRA_CA_CERTS', 'TMPDIR'],
    ...['ERRORS', 'SETTINGS', 'ENGINES', 'SERVER', 'CONNECTIONS', 'ROWS', 'KEY', 'AUC'],
  ])
  const settingOf = (name: string): Setting | undefined => {
    const bare = name.replace(/^JOTTER_/, '').replace(/_FILE$/, '')
    return Object.hasOwn(SETTINGS, bare) ? SETTINGS[bare as keyof typeof SETTINGS] : undefined
  }
  const isKnown = (name: string) => OTHERS.has(name) || settingOf(name) !== undefined

  test('that are named exist', () => {
    noneIn((text) =>
      spansOf(text)
        .flatMap((span) =>
          /^[A-Z]{3,}$/.test(span) ? [span] : (span.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []),
        )
        .filter((name) => !isKnown(name)),
    )
  })

  test('that are set in a shell are read under that name', () => {
    noneIn((text) =>
      fencesOf(text)
        .filter(({ language }) => language === 'sh')
        .flatMap(({ lines }) => lines.flatMap((line) => line.match(/\b[A-Z_]+(?==)/g) ?? []))
        .filter(
          (name) => !isKnown(name) || (!/^JOTTER_|^KEY$/.test(name) && !settingOf(name)?.bare),
        ),
    )
  })
})

describe('names of the API', async () => {
  const { get } = await startTestService({ after })
  const openApi = await (await get('/openapi.json')).text()
  const { paths } = JSON.parse(openApi) as { paths: Record<string, Record<string, unknown>> }
  const metrics = [...(await createMetrics().text()).matchAll(/^# HELP (\w+)/gm)].map(
    ([, name]) => name as string,
  )

  const isRoute = (method: string, path: string) => {
    const bare = path.split('?')[0] as string
    return Object.entries(paths).some(([template, methods]) => {
      const pattern = template.replace(/\{\w+\}/g, '[^/]+')
      return new RegExp(`^${pattern}$`).test(bare) && method.toLowerCase() in methods
    })
  }

  test('routes that are named exist', () => {
    noneIn((text) =>
      spansOf(text).filter((span) => {
        const [, method, path] = /^([A-Z]+) (\/\S*)$/.exec(span) ?? []
        return method !== undefined && path !== undefined && !isRoute(method, path)
      }),
    )
  })

  test('every curl asks for a route', () => {
    noneIn((text) =>
      fencesOf(text)
        .flatMap(({ lines }) => lines)
        .filter((line) => /\bcurl /.test(line))
        .filter((line) => {
          const [, method = / -d /.test(line) ? 'POST' : 'GET'] = / -X (\w+)/.exec(line) ?? []
          const [, path] = /https?:\/\/[^/\s]+(\/[^\s'")]*)/.exec(line) ?? []
          return path === undefined || !isRoute(method, path)
        }),
    )
  })

  /** What PostgreSQL calls its own. */
  const OF_POSTGRES = [
    ...['synchronous_commit', 'max_connections', 'pool_mode', 'pg_dump'],
    ...['pg_terminate_backend', 'pg_xact_status'],
  ]

  test('error codes, members and metrics that are named exist', () => {
    const known = new Set([
      ...OF_POSTGRES,
      ...[...openApi.matchAll(/"(\w+)"/g)].map(([, name]) => name),
      ...Object.keys({ ...ERRORS, ...TOKEN_REASONS, ...KEY_REASONS }),
      ...metrics,
    ])
    noneIn((text) =>
      spansOf(text)
        .map((span) => span.replace(/\{[\w,]*\}$/, ''))
        .filter((span) => /^[a-z]+(_[a-z0-9]+)+$/.test(span) && !known.has(span)),
    )
  })

  test('an error code stands with its own status', () => {
    const statusOf = (code: string) => String(ERRORS[code as ErrorCode].status)
    const isCode = (code: string) => Object.hasOwn(ERRORS, code)
    noneIn((text) => [
      ...[...text.matchAll(/\b(\d{3})\s+`(\w+)`/g)]
        .filter(([, status, code = '']) => isCode(code) && statusOf(code) !== status)
        .map(([match]) => match),
      ...rowsOf(text)
        .filter(([first = '']) => /^\d{3}(, \d{3})*$/.test(first))
        .flatMap(([first = '', ...cells]) =>
          spansOf(cells.join(' ')).filter(
            (code) => isCode(code) && !first.includes(statusOf(code)),
          ),
        ),
    ])
  })

  test('every metric is described in docs/operations.md, and no other', () => {
    const described = rowsOf(read('docs/operations.md'))
      .map(([first = '']) => /^`((?:jotter|process|nodejs)_\w+)/.exec(first)?.[1])
      .filter((name) => name !== undefined)
    assert.deepEqual(described.sort(), metrics.sort())
  })
})

describe('decisions', () => {
  const decisions = DOCUMENTS.filter(({ path }) => /^docs\/decisions\/\d/.test(path))

  test('are numbered one after the other', () => {
    const numbers = decisions.map(({ path }) => Number(basename(path).slice(0, 4)))
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => i + 1),
    )
  })

  for (const { path, text } of decisions) {
    test(`${basename(path)} has its number, a date, context, decision and consequences`, () => {
      const number = basename(path).slice(0, 4)
      assert.match(text, new RegExp(`^# ${number}: .+\n\nDate: \\d{4}-\\d\\d-\\d\\d\n`))
      const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)
      assert.deepEqual(headings, ['Context', 'Decision', 'Consequences'])
    })
  }
})

describe('reading Markdown', () => {
  const page = ['Run `npm', 'ci`, see [a](b.md#c).', '```sh', 'A=1 x -y \\', '  z > f # w', '```']

  test('finds spans, links, fences and the commands in them', () => {
    const text = `${page.join('\n')}\n`
    assert.deepEqual(spansOf(text), ['npm ci'])
    assert.deepEqual(linksOf(text), ['b.md#c'])
    assert.deepEqual(fencesOf(text), [{ language: 'sh', lines: ['A=1 x -y z > f # w'] }])
    assert.deepEqual(allCommandsOf(text), [
      ['x', '-y', 'z'],
      ['npm', 'ci'],
    ])
    assert.deepEqual(commandsOf("a 'b c' && d | e"), [['a', "'b c'"], ['d'], ['e']])
    assert.deepEqual(anchorsOf('## What `a` is, now\n'), ['what-a-is-now'])
  })

  test('a command that does not exist is noticed', async () => {
    assert.equal(await problemWith(['tx', 'list', '--since', '1h', '-q']), undefined)
    assert.equal(await problemWith(['nothing']), 'no such command')
    assert.match((await problemWith(['tx', 'burn'])) ?? '', /no such verb/)
    assert.match((await problemWith(['tx', 'list', '--sinc', '1h'])) ?? '', /no flag --sinc/)
  })
})
