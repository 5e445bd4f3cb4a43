/**
 * What is seen: forms, the user, messages, the list of requests. It never sees a token: session.js
 * keeps them. Texts of the service are shown as they are, as text.
 *
 * @module
 */
import { NoAnswer, openSession, Refusal } from './session.js'

const LOG_LINES = 24

/** @type {(id: string) => HTMLElement} */
const element = (id) => {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`no #${id}`)
  return found
}
/** @type {(id: string, text: string) => void} */
const write = (id, text) => {
  element(id).textContent = text
}

const service =
  document.querySelector('meta[name=service]')?.getAttribute('content') ?? location.origin
write('service', new URL(service).host)

const session = openSession(service, {
  ended: (why) => {
    show('login')
    say('failed', why)
  },
  asked: ({ method, path, status, milliseconds }) => {
    const line = document.createElement('li')
    const kind =
      status === undefined || status >= 500 ? 'broken' : status < 400 ? 'good' : 'refused'
    line.className = kind
    const parts = { status: status ?? 'none', method, path, time: `${milliseconds} ms` }
    for (const [name, text] of Object.entries(parts)) {
      const part = document.createElement(name === 'path' ? 'code' : 'span')
      part.className = name
      part.textContent = String(text)
      line.append(part, ' ')
    }
    element('log').prepend(line)
    while (element('log').childElementCount > LOG_LINES) element('log').lastElementChild?.remove()
  },
})

const VIEWS = { login: 'Log in', register: 'Register', account: 'Your account' }

/** @param {keyof typeof VIEWS} view */
function show(view) {
  for (const name of Object.keys(VIEWS)) element(name).hidden = name !== view
  document.title = `${VIEWS[view]} · jotter`
  for (const form of document.querySelectorAll('form')) form.reset()
  element('password').removeAttribute('open')
  // Who uses a keyboard or a screen reader goes on where the page does.
  element(`${view}-title`).focus()
}

/** @type {(kind: 'done' | 'failed', text: string) => void} */
function say(kind, text) {
  write('done', '')
  write('failed', '')
  write(kind, text)
}

/** @param {unknown} error */
function fail(error) {
  if (!(error instanceof Refusal || error instanceof NoAnswer)) throw error
  const wrong = error instanceof Refusal ? error.wrong : []
  const where = wrong.map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}`.trim())
  say('failed', [error.message, ...where].join('\n'))
}

async function showUser() {
  const user = await session.status()
  write('account-title', user.username)
  write('initial', [...user.username.toUpperCase()][0] ?? '')
  write('email', user.email)
  write('id', user.id)
  write('since', new Date(user.created_at).toLocaleString(undefined, { dateStyle: 'long' }))
  if (element('account').hidden) show('account')
}

/**
 * Does `work` once at a time for one form or button, and says how it went.
 *
 * @type {(source: HTMLElement, work: () => Promise<string>) => Promise<void>}
 */
async function run(source, work) {
  if (source.ariaBusy === 'true') return
  source.ariaBusy = 'true'
  say('done', '')
  try {
    say('done', await work())
  } catch (error) {
    fail(error)
  } finally {
    source.ariaBusy = null
  }
}

/** @type {(id: string, work: (value: (name: string) => string) => Promise<string>) => void} */
const onSubmit = (id, work) =>
  element(id).addEventListener('submit', (event) => {
    event.preventDefault()
    const form = /** @type {HTMLFormElement} */ (event.currentTarget)
    const values = new FormData(form)
    void run(form, () => work((name) => String(values.get(name))))
  })

/** @type {(id: string, work: () => Promise<string>) => void} */
const onClick = (id, work) =>
  element(id).addEventListener('click', () => void run(element(id), work))

onSubmit('login-form', async (value) => {
  const message = await session.logIn(value('name'), value('password'))
  await showUser()
  return message
})

onSubmit('register-form', async (value) => {
  const message = await session.register({
    username: value('username'),
    email: value('email'),
    password: value('password'),
  })
  await showUser()
  return message
})

onSubmit('password-form', async (value) => {
  const message = await session.changePassword(value('current'), value('next'))
  show('account')
  return message
})

onClick('ask', async () => {
  await showUser()
  return 'Still logged in.'
})

onClick('ask-ten', async () => {
  await Promise.all(Array.from({ length: 10 }, showUser))
  return 'Asked ten times, and answered ten times.'
})

for (const everywhere of [false, true]) {
  onClick(everywhere ? 'logout-everywhere' : 'logout', async () => {
    const message = await session.logOut({ everywhere })
    show('login')
    return message
  })
}

for (const view of /** @type {const} */ (['login', 'register'])) {
  element(`to-${view}`).addEventListener('click', () => {
    say('done', '')
    show(view)
  })
}

try {
  if (await session.restore()) await showUser()
} catch (error) {
  fail(error)
}
if (element('account').hidden) show('login')
