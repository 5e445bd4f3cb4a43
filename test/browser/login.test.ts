/**
 * The example of a browser client in a real browser, against the real service on another origin:
 * what a person sees, what goes over the wire, and where the tokens are.
 */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { NO_BROWSER, startBrowser } from '../support/browser.ts'
import { newName, PASSWORD } from '../support/sessions.ts'
import { peopleSuite } from './people-suite.ts'
import { newPerson, openTab, SAYS, startSite, type World } from './site.ts'
import { tabSuite } from './tab-suite.ts'
import { tokenSuite } from './token-suite.ts'

describe('the page of examples/browser-login', { skip: NO_BROWSER, timeout: 120_000 }, async () => {
  const browser = await startBrowser({ after })
  const site = await startSite({ after })
  const person: World['person'] = (t, expected) => newPerson(t, browser, expected)
  const world: World = { site, person }

  test('registers, and shows who is logged in', async (t) => {
    const { context } = await person(t)
    const tab = await openTab(context, site.origin)
    const { username, email } = await tab.register()
    await tab.done('Successfully registered.')
    await tab.sees(username)
    await tab.page.getByText(email, { exact: true }).waitFor()
    assert.equal(await tab.page.title(), 'Your account · jotter')
  })

  test('shows what the service says to a wrong password, a short one and a taken name', async (t) => {
    const { context } = await person(t)
    const tab = await openTab(context, site.origin)
    const names = newName()
    await tab.register(names, 'no')
    await tab.failed('Invalid payload.\npassword must have at least 4 characters')
    await tab.field('Register', 'Password').fill(PASSWORD)
    await tab.page.locator('#register-form').getByRole('button').click()
    await tab.sees(names.username)
    await tab.press('Log out')
    await tab.done('Successfully logged out.')

    await tab.logIn(names.username, 'wrong')
    await tab.failed('Bad username or password')
    await tab.logIn(names.email)
    await tab.done('Successfully logged in.')
    await tab.press('Log out')
    await tab.register(names)
    await tab.failed('Sorry. That user already exists.')
  })

  test('shows a name as text, whatever it looks like', async (t) => {
    const { context } = await person(t)
    const tab = await openTab(context, site.origin)
    const username = '<img src=x onerror=alert(1)>'
    await tab.register({ username, email: 'markup@example.com' })
    await tab.sees(username)
    assert.equal(await tab.page.locator('main img').count(), 0)
  })

  test('is of another origin: the browser asks with a preflight first', async (t) => {
    const { context } = await person(t)
    const tab = await openTab(context, site.origin)
    const before = site.service.log.length
    await tab.register()
    await tab.done('Successfully registered.')
    const lines = site.service.log.slice(before).map((line) => JSON.parse(line))
    const of = (method: string, status: number) =>
      lines.filter((line) => line.method === method && line.status === status).length
    assert.equal(of('OPTIONS', 204), 2, 'register with JSON, status with a token')
    assert.equal(of('POST', 201), 1)
    assert.equal(of('GET', 200), 1)
  })

  test('is refused by the browser where its origin is not in CORS_ORIGINS', async (t) => {
    const { context } = await person(t, /blocked by CORS policy|net::ERR_FAILED/)
    const tab = await openTab(context, site.unlisted)
    await tab.register()
    await tab.failed(
      `No answer from ${site.service.address}. Does it run, and is ${site.unlisted} in its CORS_ORIGINS?`,
    )
    await tab.sees('Register')
  })

  test('changes the password, which ends other browsers and no tab of this one', async (t) => {
    const here = await openTab((await person(t)).context, site.origin)
    const there = await openTab((await person(t)).context, site.origin)
    const { username } = await here.register()
    await here.sees(username)
    await there.logIn(username)
    await there.sees(username)

    await here.page.getByText('Change the password').click()
    await here.page.getByLabel('Current password').fill('wrong')
    await here.page.getByLabel('New password').fill('another horse')
    await here.press('Change it')
    await here.failed('The current password is another')
    await here.page.getByLabel('Current password').fill(PASSWORD)
    await here.press('Change it')
    await here.done('Successfully changed password.')

    await there.press('Ask again')
    await there.failed(SAYS.invalid)
    await there.logIn(username, 'another horse')
    await there.done('Successfully logged in.')
    await here.press('Ask again')
    await here.done(SAYS.still)
  })

  tokenSuite(world)
  tabSuite(world)
  peopleSuite(world)
})
