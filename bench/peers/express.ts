/**
 * What one writes who needs this service by tomorrow: Express, jsonwebtoken, SQLite, one commit for
 * each request. The table is that of the floors, and durable as theirs.
 *
 * @module
 */
import { createSecretKey, randomBytes, randomUUIDv7 } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import express from 'express'
import jwt from 'jsonwebtoken'
import { floorOptions } from '../floors/http.ts'
import { openDatabase } from '../floors/table.ts'

const LIFE_SECONDS = 80

const { port, data } = floorOptions()
const db = openDatabase(data)
const insert = db.prepare('INSERT INTO tokens VALUES (?, ?, ?, ?)')
const key = createSecretKey(randomBytes(64))
const app = express()

app.get('/v1/token/:phone', (request, response) => {
  const { phone = '' } = request.params
  const xid = randomUUIDv7()
  const token = jwt.sign({ phn: phone, xid }, key, {
    algorithm: 'HS256',
    issuer: '11111111-2222-4333-8444-555555555555',
    expiresIn: LIFE_SECONDS,
  })
  insert.run(xid, phone, token, Date.now())
  response.type('text/plain').send(token)
})

const server = app.listen(port, '127.0.0.1', () => {
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  process.stdout.write(`${JSON.stringify({ msg: 'listening', address })}\n`)
})
process.once('SIGTERM', () => {
  server.close(() => db.close())
  server.closeAllConnections()
})
