/** The floor with group commit: all requests of one turn of the event loop share one transaction. */
import type { ServerResponse } from 'node:http'
import { answer, floorOptions, type Row, serve } from './http.ts'
import { openTable } from './table.ts'

const { port, data } = floorOptions()
const table = openTable(data)
let rows: Row[] = []
let responses: ServerResponse[] = []

function flush() {
  if (rows.length === 0) return
  const [stored, waiting] = [rows, responses]
  rows = []
  responses = []
  table.commit(stored)
  for (const [i, response] of waiting.entries()) answer(response, stored[i]?.token ?? '')
}

serve(port, {
  issue(row, response) {
    // The check phase follows all sockets that were readable in this turn.
    if (rows.length === 0) setImmediate(flush)
    rows.push(row)
    responses.push(response)
  },
  close() {
    flush()
    table.close()
  },
})
