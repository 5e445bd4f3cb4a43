import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// From source, stripping the types costs half a second and 40 MiB at every start. What was stripped
// once is kept beside the code, where only who may change the code may write.
if (import.meta.filename.endsWith('.ts')) {
  const cache = join(import.meta.dirname, '../../../../node_modules/.cache/jotter')
  enableCompileCache(cache)
  // Worker threads look here.
  process.env.NODE_COMPILE_CACHE = cache
}
const [{ processContext }, { run }] = await Promise.all([
  import('./context.ts'),
  import('./program.ts'),
])

const argv = process.argv.slice(2)
process.exitCode = await run(argv, processContext({ color: !argv.includes('--no-color') }))
