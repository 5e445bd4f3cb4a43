/**
 * The floor with a writer thread: the thread owns the connection and has at most one transaction in
 * flight; what arrives meanwhile is the next one. The event loop never waits for the disk.
 *
 * @module
 */
import type { ServerResponse } from 'node:http'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { answer, floorOptions, type Row, serve } from './http.ts'
import { openTable } from './table.ts'

function accept() {
  const { port, data } = floorOptions()
  const writer = new Worker(new URL(import.meta.url), { workerData: data })
  let rows: Row[] = []
  let responses: ServerResponse[] = []
  let inFlight: { rows: Row[]; responses: ServerResponse[] } | undefined

  function send() {
    if (inFlight !== undefined || rows.length === 0) return
    inFlight = { rows, responses }
    writer.postMessage(rows)
    rows = []
    responses = []
  }

  writer.on('message', () => {
    const done = inFlight
    inFlight = undefined
    send()
    for (const [i, response] of done?.responses.entries() ?? []) {
      answer(response, done?.rows[i]?.token ?? '')
    }
  })

  serve(port, {
    issue(row, response) {
      // Not at once: the first of several requests that came together would be committed alone.
      if (rows.length === 0) setImmediate(send)
      rows.push(row)
      responses.push(response)
    },
    close: () => writer.terminate(),
  })
}

function write() {
  const table = openTable(workerData)
  parentPort?.on('message', (rows: Row[]) => {
    table.commit(rows)
    parentPort?.postMessage('durable')
  })
}

if (isMainThread) accept()
else write()
