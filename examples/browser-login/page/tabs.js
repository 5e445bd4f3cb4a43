/**
 * How the open tabs of this origin talk: one tells, all others hear. What they say is not known here.
 *
 * @module
 */

/** Longer than a tab that lives takes to answer. One that was put to sleep does not answer at all. */
const ANSWERS_TIMEOUT_MS = 500

/**
 * @template {object} News
 * @param {string} name The same in all tabs.
 * @param {object} tab
 * @param {(question: string | undefined) => News} tab.answer To a question of another tab.
 * @param {(news: News) => void} tab.hear Called with what another tab tells or answers.
 */
export function openTabs(name, { answer, hear }) {
  const channel = new BroadcastChannel(name)
  const presence = `${name} tab`
  // Held until the tab is closed: others count who is there, and browsers let such a tab not sleep.
  const present = new Promise((resolve) => {
    navigator.locks.request(presence, { mode: 'shared' }, () => {
      resolve(undefined)
      return new Promise(() => {})
    })
  })

  /** @type {Map<string, () => void>} Called for each answer to a question, by its id. */
  const waiting = new Map()
  channel.onmessage = ({ data: { id, asks, question, answers, news } }) => {
    if (asks) channel.postMessage({ answers: id, news: answer(question) })
    if (news !== undefined) hear(news)
    waiting.get(answers)?.()
  }

  return {
    /** @param {News} news */
    tell: (news) => channel.postMessage({ news }),

    /**
     * Fulfils when all other tabs have answered, and been heard; at once when there is none.
     *
     * @param {string | undefined} question
     */
    async ask(question) {
      await present
      const { held = [] } = await navigator.locks.query()
      let others = held.filter((lock) => lock.name === presence).length - 1
      if (others < 1) return
      const id = crypto.randomUUID()
      await new Promise((resolve) => {
        setTimeout(resolve, ANSWERS_TIMEOUT_MS)
        waiting.set(id, () => {
          others -= 1
          if (others === 0) resolve(undefined)
        })
        channel.postMessage({ id, asks: true, question })
      })
      waiting.delete(id)
    },
  }
}
