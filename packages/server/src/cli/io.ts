/** How a command speaks: results on stdout, prose on stderr. */
export interface Io {
  out(text: string): void
  err(text: string): void
  readonly terminal: { readonly out: boolean; readonly err: boolean; readonly columns: number }
}

/** Exit codes, as scripts rely on them. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  negative: 3,
  notFound: 4,
  conflict: 5,
  unreachable: 6,
  notPermitted: 7,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
