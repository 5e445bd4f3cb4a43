/** How clients look in JSON. */
import { timeText } from '../http.ts'
import { madeCursor, type Page, pageAnswer } from '../paging.ts'
import type { Client, ClientKey, WholeClient } from './store.ts'

export const clientAnswer = (client: Client) => ({
  id: client.id,
  customer_id: client.customerId,
  not_before_seconds: client.notBeforeSeconds,
  lifetime_seconds: client.lifetimeSeconds,
  max_uses: client.maxUses ?? null,
  audience: client.audience ?? null,
  strict: client.strict ?? null,
  disabled: client.disabled,
  created_at: timeText(client.createdAt),
  updated_at: timeText(client.updatedAt),
})

export const wholeClientAnswer = (client: WholeClient) => ({
  ...clientAnswer(client),
  keys: client.keys.map(clientKeyAnswer),
})

export const clientPageAnswer = (page: Page<Client>) => pageAnswer(page, clientAnswer, madeCursor)

export function clientKeyAnswer({ kid, publicJwk, createdAt }: ClientKey) {
  const jwk = JSON.parse(publicJwk) as { alg: string; [member: string]: string }
  return { kid, alg: jwk.alg, created_at: timeText(createdAt), jwk }
}
