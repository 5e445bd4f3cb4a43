import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { makeFolder } from '../support/cli.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const NODE_MODULES = join(ROOT, 'node_modules')
const run = promisify(execFile)

/** A copy of the workspace: a build beside the sources that others run would be in their way. */
function copyWorkspace(to: string): void {
  for (const name of ['package.json', 'tsconfig.json']) cpSync(join(ROOT, name), join(to, name))
  for (const name of ['token', 'server']) {
    const filter = (path: string) => !/[/\\](node_modules|dist|data)$/.test(path)
    cpSync(join(ROOT, 'packages', name), join(to, 'packages', name), { recursive: true, filter })
  }
  mkdirSync(join(to, 'node_modules', '@jotter'), { recursive: true })
  for (const name of ['token', 'server']) {
    symlinkSync(join(to, 'packages', name), join(to, 'node_modules', '@jotter', name))
  }
  for (const name of readdirSync(NODE_MODULES)) {
    if (name !== '@jotter') symlinkSync(join(NODE_MODULES, name), join(to, 'node_modules', name))
  }
}

describe('the built command', { concurrency: 1 }, () => {
  const workspace = mkdtempSync(join(tmpdir(), 'jotter-build-'))
  after(() => rmSync(workspace, { recursive: true }))
  const launcher = join(workspace, 'packages', 'server', 'bin', 'jotter.js')
  const folder = makeFolder({ after }, [process.execPath, launcher])

  before(async () => {
    copyWorkspace(workspace)
    const tsc = join(NODE_MODULES, '.bin', 'tsc')
    for (const name of ['token', 'server']) {
      await run(tsc, ['-p', join('packages', name, 'tsconfig.build.json')], { cwd: workspace })
    }
  })

  test('serves, issues and stops like the sources', async () => {
    const server = await folder.serve()
    const issued = await folder.jotter(['token', 'issue', '--phone', '15555551212'])
    assert.equal(issued.code, 0, issued.stderr)
    const answer = await fetch(`${server.address}/v1/transactions`, {
      headers: { authorization: `Bearer ${await server.adminKey()}` },
    })
    assert.equal(((await answer.json()) as { items: unknown[] }).items.length, 1)
    assert.equal(await server.stop('SIGTERM'), 0)
  })

  test('needs its sources no more, and its package holds what it needs and no tests', async () => {
    rmSync(join(workspace, 'packages', 'server', 'src'), { recursive: true })
    rmSync(join(workspace, 'packages', 'token', 'src'), { recursive: true })
    const { code, stdout } = await folder.jotter(['version', '--json'])
    assert.equal(code, 0)
    assert.equal(JSON.parse(stdout).node, process.version)

    const server = join(workspace, 'packages', 'server')
    const { stdout: listed } = await run('npm', ['pack', '--dry-run', '--json'], { cwd: server })
    const [{ files }] = JSON.parse(listed) as [{ files: { path: string }[] }]
    const paths = files.map(({ path }) => path)
    for (const path of ['bin/jotter.js', 'dist/cli/main.js', 'migrations/0001-transactions.sql']) {
      assert.ok(paths.includes(path), path)
    }
    assert.deepEqual(
      paths.filter((path) => /\.test\.|^src|tsconfig/.test(path)),
      [],
    )
  })
})

test('in a checkout the launcher runs the sources, and passes signals on', async (t) => {
  const launcher = join(ROOT, 'packages', 'server', 'bin', 'jotter.js')
  const { serve } = makeFolder(t, [process.execPath, launcher])
  const server = await serve()
  assert.equal((await fetch(`${server.address}/livez`)).status, 200)
  assert.equal(await server.stop('SIGTERM'), 0)
  await assert.rejects(fetch(`${server.address}/livez`))
})
