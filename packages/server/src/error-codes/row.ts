/** One error code. Its status has to be among those that `cli/failure.ts` has an exit code for. */
export interface ErrorRow {
  readonly status: number
  readonly title: string
  /** What the document that a route comes from says instead of the title, character by character. */
  readonly message?: string
  /** What the reader of the answer should do. */
  readonly help: string
}
