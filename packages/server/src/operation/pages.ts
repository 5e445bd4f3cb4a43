/** The two pages for people. No script, no style from elsewhere: the policy allows none. */
import { createHash } from 'node:crypto'
import { ERRORS } from '../errors.ts'

const STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:46rem;margin:3rem auto;padding:0 1rem}code,pre{font-family:ui-monospace,monospace}
pre{padding:1rem;border:1px solid;overflow-x:auto}table{border-collapse:collapse}
td,th{padding:.4rem .8rem;border-bottom:1px solid;text-align:left;vertical-align:top}`

/** Nothing but the one style block above. */
export const CONTENT_SECURITY_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256')
  .update(STYLE)
  .digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (found) => `&#${found.charCodeAt(0)};`)

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${STYLE}</style></head><body>
${body}
</body></html>
`

/** @param address Where the service is found: never what a request says. */
export const indexPage = (version: string, address: string): string =>
  page(
    'jotter',
    `<h1>jotter</h1>
<p>A JWT service that writes down what it issues. Version ${version}.</p>
<p>A token for a phone number, already on disk when it arrives:</p>
<pre>curl ${escaped(address)}/v1/token/15555551212</pre>
<ul>
<li><a href="/openapi.json">OpenAPI document</a>: every route</li>
<li><a href="/docs/errors">Error codes</a>: what each means and what to do</li>
<li><a href="/readyz?verbose">Health</a></li>
<li><a href="/metrics">Metrics</a></li>
</ul>`,
  )

export function errorsPage(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, { status, title, help }]) =>
      `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${escaped(title)}. ${escaped(help)}</td></tr>`,
  )
  return page(
    'jotter: error codes',
    `<h1>Error codes</h1>
<p>Every refusal has one of these in <code>code</code>.</p>
<table><thead><tr><th>code</th><th>status</th><th>meaning</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table>`,
  )
}
