/** The two tokens: how long they last, how they end, and where they are. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Route } from 'playwright-core'
import { PASSWORD } from '../support/sessions.ts'
import { json } from '../support/transactions.ts'
import { EXPIRED_AFTER_SECONDS, openTab, PAST_GRACE_SECONDS, SAYS, type World } from './site.ts'

export function tokenSuite({ site, person }: World) {
  test('gets the next access token by itself when one has expired', async (t) => {
    const { context, requests, refreshes } = await person(t)
    const tab = await openTab(context, site.origin)
    const { username } = await tab.register()
    await tab.sees(username)
    for (const round of [1, 2]) {
      site.service.clock.pass(EXPIRED_AFTER_SECONDS)
      requests.length = 0
      await tab.press('Ask again')
      await tab.done(SAYS.still)
      assert.deepEqual(
        requests.map((request) => new URL(request.split(' ')[1] as string).pathname),
        ['/auth/status', '/token/refresh', '/auth/status'],
        `round ${round}`,
      )
      await tab.press('Ask again')
      await tab.done(SAYS.still)
      assert.equal(refreshes(), 1)
    }
  })

  test('refreshes once for ten requests at once', async (t) => {
    const { context, refreshes } = await person(t)
    const tab = await openTab(context, site.origin)
    const { username } = await tab.register()
    await tab.sees(username)
    site.service.clock.pass(EXPIRED_AFTER_SECONDS)
    await tab.press('Ask ten times')
    await tab.done(SAYS.ten)
    assert.equal(refreshes(), 1)
  })

  test('asks once too when the refresh gets no answer, and goes on with the next try', async (t) => {
    const { context, refreshes } = await person(t, /net::ERR_FAILED/)
    const tab = await openTab(context, site.origin)
    const { username } = await tab.register()
    await tab.sees(username)
    site.service.clock.pass(EXPIRED_AFTER_SECONDS)
    // The answer is lost when all ten wait for it.
    const lose = async (route: Route) => {
      await tab.page.locator('#log .refused').nth(9).waitFor()
      await route.abort()
    }
    await context.route('**/token/refresh', lose, { times: 1 })
    await tab.press('Ask ten times')
    await tab.page.getByRole('alert').getByText('No answer from').waitFor()
    assert.equal(refreshes(), 1)
    await tab.press('Ask ten times')
    await tab.done(SAYS.ten)
    assert.equal(refreshes(), 2)
  })

  test('is asked to log in again, in the words of the service, when its refresh token was stolen', async (t) => {
    const { context } = await person(t)
    const tab = await openTab(context, site.origin)
    const answered = tab.page.waitForResponse(/register$/)
    await tab.register()
    const { refresh_token } = (await (await answered).json()) as { refresh_token: string }
    await tab.done('Successfully registered.')

    const stolen = await site.service.post('/token/refresh', { refresh_token })
    const next = await json<{ refresh_token: string }>(stolen)
    await site.service.post('/token/refresh', { refresh_token: next.refresh_token })
    site.service.clock.pass(PAST_GRACE_SECONDS)

    await tab.press('Ask again')
    await tab.failed('The refresh token was used before, so its session has ended')
    await tab.sees('Log in')
  })

  test('keeps the session while nothing answers', async (t) => {
    const { context } = await person(t, /net::ERR_INTERNET_DISCONNECTED/)
    const tab = await openTab(context, site.origin)
    const { username } = await tab.register()
    await tab.sees(username)
    site.service.clock.pass(EXPIRED_AFTER_SECONDS)
    await context.setOffline(true)
    await tab.press('Ask again')
    await tab.page.getByRole('alert').getByText('No answer from').waitFor()
    await context.setOffline(false)
    await tab.press('Ask again')
    await tab.done(SAYS.still)
    await tab.sees(username)
  })

  test('keeps the session over a reload', async (t) => {
    const { context } = await person(t)
    const tab = await openTab(context, site.origin)
    const { username } = await tab.register()
    await tab.sees(username)
    for (const seconds of [0, PAST_GRACE_SECONDS]) {
      site.service.clock.pass(seconds)
      await tab.page.reload()
      await tab.sees(username)
    }
  })

  test('after a logout its token is refused, and nothing of it is left', async (t) => {
    const { context } = await person(t)
    const tab = await openTab(context, site.origin)
    const asked = tab.page.waitForRequest(/status$/)
    const { username } = await tab.register()
    const authorization = (await asked).headers().authorization ?? ''
    assert.match(authorization, /^Bearer eyJ/)
    await tab.sees(username)
    await tab.press('Log out')
    await tab.done('Successfully logged out.')
    await tab.sees('Log in')

    const refused = await site.service.request('/auth/status', { headers: { authorization } })
    assert.equal(refused.status, 401)
    assert.equal((await json<{ message: string }>(refused)).message, SAYS.invalid)
    assert.equal(await tab.page.evaluate('sessionStorage.length'), 0)
  })

  test('a logout everywhere ends other browsers at their next request', async (t) => {
    const here = await openTab((await person(t)).context, site.origin)
    const there = await openTab((await person(t)).context, site.origin)
    const { username, email } = await here.register()
    await here.sees(username)
    await there.logIn(email)
    await there.sees(username)
    await here.press('Log out everywhere')
    await here.done('Successfully logged out.')
    await there.press('Ask again')
    await there.failed(SAYS.invalid)
    await there.sees('Log in')
  })

  test('has no token in an address, in its HTML, in localStorage or in a cookie', async (t) => {
    const { context, requests } = await person(t)
    const secrets = new Set<string>([PASSWORD])
    const reading: Promise<void>[] = []
    context.on('response', (response) => {
      if (!/\/(register|login|refresh)$/.test(response.url())) return
      reading.push(
        response.json().then((body: Record<string, string>) => {
          for (const name of ['auth_token', 'token', 'refresh_token']) {
            if (body[name] !== undefined) secrets.add(body[name])
          }
        }),
      )
    })
    const tab = await openTab(context, site.origin)
    const { username } = await tab.register()
    await tab.sees(username)
    for (const button of ['Ask again', 'Ask ten times']) {
      site.service.clock.pass(EXPIRED_AFTER_SECONDS)
      await tab.press(button)
      await tab.done(button === 'Ask again' ? SAYS.still : SAYS.ten)
    }
    await Promise.all(reading)
    assert.equal(secrets.size, 7)

    const seen = [
      ...requests,
      tab.page.url(),
      await tab.page.content(),
      await tab.page.evaluate('JSON.stringify({ ...localStorage }) + document.cookie + name'),
      JSON.stringify(await context.cookies()),
    ].join('\n')
    for (const secret of secrets) assert.ok(!seen.includes(secret))
    const kept = String(await tab.page.evaluate('JSON.stringify({ ...sessionStorage })'))
    assert.doesNotMatch(kept, /eyJ/, 'the access token is in memory only')
  })
}
