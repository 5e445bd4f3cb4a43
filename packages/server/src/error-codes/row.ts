/** One error code. Its status has to be among those that `cli/failure.ts` has an exit code for. */
export interface ErrorRow {
  readonly status: number
  readonly title: string
  /** What the document that a route comes from says instead of the title, character by character. */
  readonly message?: string
  /** What the reader of the answer should do. */
  readonly help: string
  /** Header fields that come with it, beside the challenge that every 401 has (RFC 9110 §15.5.2). */
  readonly headers?: readonly string[]
}
