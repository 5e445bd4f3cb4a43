/** A test run that is told to stop leaves nothing behind: these become an exit with its hooks. */
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
