import { processContext } from './context.ts'
import { serve } from './serve.ts'

const context = processContext()
process.exitCode = await serve(context, context.settings())
