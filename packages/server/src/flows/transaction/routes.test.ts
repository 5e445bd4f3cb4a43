import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestService } from '../../../../../test/support/service.ts'

/** behaviour.md B7: key, clock, phone number and xid of the documented token. */
const VECTOR =
  'eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJGRkZGRkZGRi1FRUVFLUREREQtMTIzNC1BQjEyMzQ1Njc4OTAiLCJpYXQiOjE0OTk5OTk5OTAsImV4cCI6MTUwMDAwMDA4MCwicGhuIjoiMTU1NTU1NTEyMTIiLCJ4aWQiOiIxMTExMTExMS0yMjIyLTQzMzMtODQ0NC01NTU1NTU1NTU1NTUifQ._PTAWFliQ6DNj_PvC7b4rbRq4OlRwCLi4J3JDXNADsI'

test('items 2, 9-15: the documented token comes out byte for byte', async (t) => {
  const { get } = await startTestService(t)
  const answer = await get('/v1/token/15555551212/11111111-2222-4333-8444-555555555555')
  assert.equal(answer.status, 200)
  assert.equal(await answer.text(), VECTOR)
})
