import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from './postgres.js'

const database = {
  host: process.env.DB_HOST ?? 'db',
  database: process.env.DB_NAME ?? 'visits',
  user: process.env.DB_USER ?? 'postgres',
  password: process.env.DB_PASSWORD ?? '',
}

/** Runs statements in one session and gives the rows of the last. */
async function query(...statements) {
  const session = await connect(database)
  try {
    let rows = []
    for (const statement of statements) rows = await session.query(statement)
    return rows
  } finally {
    session.end()
  }
}

async function page() {
  const [row] = await query(
    'CREATE TABLE IF NOT EXISTS visit (id serial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())',
    'INSERT INTO visit DEFAULT VALUES',
    'SELECT count(*) AS visits, min(at) AS first, version() AS version FROM visit',
  )
  return `<!doctype html>
<meta charset="utf-8">
<title>db and web</title>
<h1>Visit number ${escape(row.visits)}</h1>
<p>counted since ${escape(row.first)} by <code>${escape(row.version)}</code></p>
<p>served from behind <code>${escape(readFileSync('/proc/version', 'utf8').trim())}</code></p>
`
}

const escape = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

const routes = {
  '/': async () => ['text/html; charset=utf-8', await page()],
  '/healthz': async () => {
    await query('SELECT 1')
    return ['text/plain', 'ok\n']
  },
}

async function answer(request, response) {
  const route = routes[request.url]
  if (route === undefined) {
    response.writeHead(404).end('not found\n')
    return
  }
  try {
    const [type, body] = await route()
    response.writeHead(200, { 'content-type': type }).end(body)
  } catch (error) {
    console.error(error.message)
    response.writeHead(503).end('The database does not answer.\n')
  }
}

const server = createServer((request, response) => {
  void answer(request, response)
})

server.listen(80, () => console.log('web listens on port 80'))

// As the first process of a container, node gets no default action for these.
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0))
