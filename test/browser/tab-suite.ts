/** Tabs of one session: they share its tokens, and none of them ends it for the others. */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import {
  EXPIRED_AFTER_SECONDS,
  openTab,
  PAST_GRACE_SECONDS,
  SAYS,
  tabOf,
  type World,
} from './site.ts'

export function tabSuite({ site, person }: World) {
  describe('in two tabs', () => {
    /** The second one is a copy of the first, with its sessionStorage. */
    async function twoTabs(t: TestContext) {
      const someone = await person(t)
      const one = await openTab(someone.context, site.origin)
      const { username } = await one.register()
      await one.sees(username)
      const opened = someone.context.waitForEvent('page')
      await one.page.evaluate('void window.open(location.href)')
      const two = tabOf(await opened)
      await two.sees(username)
      return { ...someone, one, two, username }
    }

    test('at once both stay in, with one refresh for both', async (t) => {
      const { one, two, refreshes } = await twoTabs(t)
      assert.equal(refreshes(), 0, 'the second tab has the access token of the first')
      for (const round of [1, 2]) {
        // By now a tab that still had the refresh token before this one would end the session.
        site.service.clock.pass(PAST_GRACE_SECONDS)
        await Promise.all([one, two].map((tab) => tab.press('Ask ten times')))
        await Promise.all([one.done(SAYS.ten), two.done(SAYS.ten)])
        assert.equal(refreshes(), round)
        await one.press('Ask again')
        await two.press('Ask again')
        await Promise.all([one.done(SAYS.still), two.done(SAYS.still)])
      }
    })

    test('that are reloaded at once both stay in', async (t) => {
      const { one, two, username, refreshes } = await twoTabs(t)
      for (const round of [1, 2]) {
        site.service.clock.pass(PAST_GRACE_SECONDS)
        await Promise.all([one.page.reload(), two.page.reload()])
        await Promise.all([one.sees(username), two.sees(username)])
        assert.equal(refreshes(), round)
      }
    })

    test('a later one is logged in, and stays in when the one that refreshed is closed', async (t) => {
      const { context, one, two, username } = await twoTabs(t)
      const later = await openTab(context, site.origin)
      await later.sees(username)
      await two.page.close()
      site.service.clock.pass(EXPIRED_AFTER_SECONDS)
      await one.press('Ask again')
      await one.done(SAYS.still)
      await one.page.close()
      site.service.clock.pass(PAST_GRACE_SECONDS)
      await later.press('Ask again')
      await later.done(SAYS.still)
    })

    test('a logout in one is a logout in both', async (t) => {
      const { one, two } = await twoTabs(t)
      await one.press('Log out')
      await one.done('Successfully logged out.')
      await two.failed('Your session has ended in another tab.')
      await two.sees('Log in')
      await Promise.all([one.page.reload(), two.page.reload()])
      await Promise.all([one.sees('Log in'), two.sees('Log in')])
    })
  })
}
