/** The page for who has no mouse, sees nothing or has a small screen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newName, PASSWORD } from '../support/sessions.ts'
import { openTab, type World } from './site.ts'

/** What has a role in the two views, and its name. */
const TREES = {
  login: [
    'status',
    'alert',
    'region "Log in"',
    'heading "Log in" [level=1]',
    'textbox "E-mail or user name"',
    'textbox "Password"',
    'button "Log in"',
    'button "Register"',
    'region "What this page asked"',
    'heading "What this page asked" [level=2]',
    'list "What this page asked"',
  ],
  account: [
    'status: Successfully registered.',
    'alert',
    'region "maria"',
    'heading "maria" [level=1]',
    'button "Ask again"',
    'button "Ask ten times"',
    'textbox "Current password"',
    'textbox "New password"',
    'button "Change it"',
    'button "Log out"',
    'button "Log out everywhere"',
    'region "What this page asked"',
    'heading "What this page asked" [level=2]',
    'list "What this page asked"',
  ],
}

export function peopleSuite({ site, person }: World) {
  test('is used with a keyboard alone, and the focus goes where the page does', async (t) => {
    const { context } = await person(t)
    const tab = await openTab(context, site.origin)
    const { keyboard } = tab.page
    const focused = () =>
      tab.page.evaluate(
        '(e => e.labels?.[0]?.textContent ?? e.textContent.trim())(document.activeElement)',
      )
    await tab.sees('Log in')
    assert.equal(await focused(), 'Log in')
    const order: unknown[] = []
    for (let i = 0; i < 4; i += 1) {
      await keyboard.press('Tab')
      order.push(await focused())
    }
    assert.deepEqual(order, ['E-mail or user name', 'Password', 'Log in', 'Register'])
    await keyboard.press('Enter')
    await tab.sees('Register')
    const { username, email } = newName()
    for (const text of [username, email, PASSWORD]) {
      await keyboard.press('Tab')
      await keyboard.type(text)
    }
    await keyboard.press('Enter')
    await tab.sees(username)
    assert.equal(await focused(), username)
    for (const _ of ['Ask again', 'Ask ten', 'Change', 'Log out']) await keyboard.press('Tab')
    assert.equal(await focused(), 'Log out')
    await keyboard.press('Enter')
    await tab.done('Successfully logged out.')
    assert.equal(await focused(), 'Log in')
  })

  test('has a name for everything in its accessibility tree', async (t) => {
    const { context } = await person(t)
    const tab = await openTab(context, site.origin)
    const tree = async () => {
      const lines = (await tab.page.locator('main').ariaSnapshot()).split('\n')
      const named = /^ +- ((region|heading|textbox|button|list|status|alert)\b.*?):?$/
      return lines.map((line) => named.exec(line)?.[1]).filter((line) => line !== undefined)
    }
    await tab.sees('Log in')
    assert.deepEqual(await tree(), TREES.login)
    await tab.register({ username: 'maria', email: 'maria@example.com' })
    await tab.done('Successfully registered.')
    await tab.page.getByText('Change the password').click()
    assert.deepEqual(await tree(), TREES.account)
  })

  for (const width of [320, 1280]) {
    test(`needs no sideways scrolling ${width} pixels wide`, async (t) => {
      const { context } = await person(t)
      const tab = await openTab(context, site.origin)
      await tab.page.setViewportSize({ width, height: 700 })
      await tab.register({ username: 'w'.repeat(64), email: `w${width}@${'w'.repeat(60)}.example` })
      const overflow = 'document.documentElement.scrollWidth - innerWidth'
      assert.ok(Number(await tab.page.evaluate(overflow)) <= 0)
    })
  }
}
