/** The page of examples/browser-login and its service, on two origins, and people who look at it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { pageOf } from '../../examples/browser-login/serve.ts'
import { type Owner, startTestService } from '../support/service.ts'
import { newName, PASSWORD } from '../support/sessions.ts'

/** Of one action in the page, such as a click on a button that is not there. */
const ACTION_TIMEOUT_MS = 10_000

/** What the browser itself writes for every answer that is a refusal. */
const REFUSAL = /^Failed to load resource: the server responded with a status of 4\d\d/

/** Access tokens of a login live for 3 seconds here, and later ones too. */
const TESTING = {
  JOTTER_ENV: 'testing',
  JOTTER_ACCESS_TOKEN_SECONDS: '3',
  JOTTER_LOG_REQUESTS: 'all',
}

export const EXPIRED_AFTER_SECONDS = 3
/** Of a refresh token that was used. */
export const PAST_GRACE_SECONDS = 11

/** What the page says, and the service. */
export const SAYS = {
  still: 'Still logged in.',
  ten: 'Asked ten times, and answered ten times.',
  invalid: 'Invalid token. Please log in again.',
}

/** What every suite of this folder is given. */
export interface World {
  site: Awaited<ReturnType<typeof startSite>>
  /** See `newPerson`. */
  person(t: TestContext, expected?: RegExp): ReturnType<typeof newPerson>
}

export async function startSite(owner: Owner) {
  let listed: RequestListener | undefined
  const { origin } = await serve(owner, (request, response) => listed?.(request, response))
  const service = await startTestService(owner, { ...TESTING, JOTTER_CORS_ORIGINS: origin })
  listed = pageOf(service.address)
  const stranger = await serve(owner, pageOf(service.address))
  return { service, origin, unlisted: stranger.origin }
}

async function serve(owner: Owner, listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  owner.after(async () => {
    server.close()
    server.closeAllConnections()
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/**
 * A browser of one person: its own storage, any number of tabs. When the test is over, no tab may
 * have complained of anything but refusals and `expected`.
 */
export async function newPerson(t: TestContext, browser: Browser, expected?: RegExp) {
  const context = await browser.newContext({ locale: 'en-US', timezoneId: 'UTC' })
  context.setDefaultTimeout(ACTION_TIMEOUT_MS)
  const complaints: string[] = []
  context.on('console', (message) => {
    const text = message.text()
    if (!REFUSAL.test(text) && expected?.test(text) !== true) complaints.push(text)
  })
  context.on('weberror', (error) => complaints.push(String(error.error())))
  const requests: string[] = []
  context.on('request', (request) => requests.push(`${request.method()} ${request.url()}`))
  t.after(async () => {
    await context.close()
    assert.deepEqual(complaints, [])
  })
  return { context, requests, refreshes: () => countOf(requests, '/token/refresh') }
}

const countOf = (requests: readonly string[], path: string) =>
  requests.filter((request) => request.endsWith(path)).length

export async function openTab(context: BrowserContext, origin: string): Promise<Tab> {
  const page = await context.newPage()
  await page.goto(origin)
  return tabOf(page)
}

type Tab = ReturnType<typeof tabOf>

/** What a person does in a tab, by the names that everything has in the accessibility tree. */
export function tabOf(page: Page) {
  const field = (region: string, label: string) =>
    page.getByRole('region', { name: region }).getByLabel(label)
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
  return {
    page,
    field,
    press,
    done: (text: string) => page.getByRole('status').getByText(text, { exact: true }).waitFor(),
    failed: (text: string) => page.getByRole('alert').getByText(text, { exact: true }).waitFor(),
    sees: (heading: string) => page.getByRole('heading', { name: heading, exact: true }).waitFor(),

    async register(names = newName(), password = PASSWORD) {
      await press('Register')
      await field('Register', 'User name').fill(names.username)
      await field('Register', 'E-mail').fill(names.email)
      await field('Register', 'Password').fill(password)
      await page.locator('#register-form').getByRole('button').click()
      return names
    },

    async logIn(name: string, password = PASSWORD) {
      await field('Log in', 'E-mail or user name').fill(name)
      await field('Log in', 'Password').fill(password)
      await press('Log in')
    },
  }
}
