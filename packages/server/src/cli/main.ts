import { processContext } from './context.ts'
import { run } from './program.ts'

const argv = process.argv.slice(2)
process.exitCode = await run(argv, processContext({ color: !argv.includes('--no-color') }))
