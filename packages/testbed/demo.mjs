// npm run demo: from a fresh clone to a database and a web page in containers, each behind the wall that it
// asks for. `npm run demo -- down` takes all of it away again.
import { spawn } from 'node:child_process'
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { build, engine, engineSettings, install, must, root, run, say } from './steps.mjs'

const state = join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'bulkhead-demo')
const socket = join(state, 'bulkhead.sock')
const note = join(state, 'engine.json')
const bulkhead = join(root, 'node_modules', '.bin', 'bulkhead')
const example = join(root, 'examples', 'db-web')
const engineName = 'demo'
const network = 'nat'

process.exitCode = process.argv[2] === 'down' ? await down() : await up()

async function up() {
  await install()
  await build()
  const found = await findEngine()
  if (found === undefined) return 1
  mkdirSync(state, { recursive: true, mode: 0o700 })
  const env = { DOCKER_HOST: found.dockerHost, BULKHEAD_HOST: `unix://${socket}` }
  await startDaemon(env)
  const made = await ensureNetwork(found.dockerHost)
  writeFileSync(note, JSON.stringify({ ...found, madeNetwork: made || noted()?.madeNetwork === true }))

  command('up -d --wait')
  await must(bulkhead, ['-f', join(example, 'compose.yaml'), 'up', '-d', '--wait'], { env })
  command('ps')
  await must(bulkhead, ['-f', join(example, 'compose.yaml'), 'ps'], { env })
  const url = `http://${found.address}:8080`
  say(`\nThe page at ${url} says:\n`)
  const page = await fetch(url, { signal: AbortSignal.timeout(20_000) })
  const html = await page.text()
  process.stdout.write(`${textOf(html)}\n`)
  say(`\nIt goes on running. To use the command line with it:\n
  export BULKHEAD_HOST=unix://${socket} DOCKER_HOST=${found.dockerHost}
  cd examples/db-web && ../../node_modules/.bin/bulkhead logs web

Take it all away again: npm run demo -- down`)
  return page.ok ? 0 : 1
}

async function down() {
  const left = noted()
  if (left === undefined) {
    say('No demo is running.')
    return 0
  }
  const env = { DOCKER_HOST: left.dockerHost, BULKHEAD_HOST: `unix://${socket}` }
  const args = ['-f', join(example, 'compose.yaml'), 'down', '--volumes']
  const { code } = await run(bulkhead, args, { env })
  if (code === 0 && left.madeNetwork) await withEngine(left.dockerHost, (one) => one.removeNetwork(network))
  await run(bulkhead, ['daemon', 'stop'], { env })
  if (left.private) await engine(['down', '--name', engineName])
  if (code === 0) rmSync(state, { recursive: true, force: true })
  return code
}

/** The engine of the machine where it can give a service its own kernel, else a private one. */
async function findEngine() {
  const before = noted()
  if (before?.private === true && (await capabilitiesOf(before.dockerHost)) !== undefined) return before
  const { locate } = await import('@bulkhead/engine')
  const readFile = (path) => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return undefined
    }
  }
  const { url } = locate({ env: process.env, platform: process.platform, home: homedir(), readFile })
  const capabilities = await capabilitiesOf(url)
  const { runtimesWith } = await import('@bulkhead/isolation')
  if (capabilities?.os === 'linux' && runtimesWith('own', capabilities).length > 0) {
    say(`Using the engine at ${url} (Docker ${capabilities.version}).`)
    return { dockerHost: url, address: 'localhost', private: false }
  }
  say(
    capabilities === undefined
      ? `No engine answers at ${url}.`
      : `The engine at ${url} has no runtime that gives a container a kernel of its own, which the demo shows.`,
  )
  if ((await engine(['check'])).code !== 0) return undefined
  say('The demo brings a private engine of its own, which touches nothing else on this machine:')
  if ((await engine(['up', '--name', engineName])).code !== 0) return undefined
  if ((await engine(['images', '--name', engineName])).code !== 0) return undefined
  const settings = await engineSettings(engineName)
  return { dockerHost: settings.DOCKER_HOST, address: settings.BULKHEAD_TESTBED_ADDRESS, private: true }
}

/** What the engine can do; undefined when none answers. */
async function capabilitiesOf(url) {
  try {
    return await withEngine(url, (one) => one.capabilities())
  } catch {
    return undefined
  }
}

async function withEngine(url, act) {
  const { connect } = await import('@bulkhead/engine')
  const one = connect({ url, source: 'demo', tls: undefined })
  try {
    return await act(one)
  } finally {
    await one.close()
  }
}

/** True when it had to be made. */
async function ensureNetwork(url) {
  return withEngine(url, async (one) => {
    const { networks } = await one.observe({ project: '', networks: [network], volumes: [], images: [] })
    if (networks.some(({ name }) => name === network)) return false
    await one.createNetwork({ name: network, body: {} })
    return true
  })
}

/** A daemon of the demo's own, apart from the user's. */
async function startDaemon(env) {
  if (await answers(env)) return
  const log = openSync(join(state, 'daemon.log'), 'a')
  const args = ['daemon', 'run', '--socket', socket, '--data', join(state, 'data')]
  const child = spawn(bulkhead, args, {
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', log, log],
  })
  child.unref()
  const deadline = Date.now() + 20_000
  while (Date.now() < deadline) {
    if (child.exitCode !== null) break
    if (await answers(env)) return
  }
  throw new Error(`The demo's daemon does not answer; see ${join(state, 'daemon.log')}.`)
}

async function answers(env) {
  return (await run(bulkhead, ['ls'], { env, silent: true })).code === 0
}

function noted() {
  try {
    return JSON.parse(readFileSync(note, 'utf8'))
  } catch {
    return undefined
  }
}

function command(words) {
  say(`\n$ bulkhead ${words}`)
}

/** The page as a reader sees it. */
function textOf(html) {
  return html
    .replaceAll(/<(style|script|title)[^>]*>[\s\S]*?<\/\1>/g, '')
    .replaceAll(/<\/(p|h1|h2|li|tr|dt|dd|div)>/g, '\n')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .split('\n')
    .map((line) => `  ${line.replaceAll(/\s+/g, ' ').trim()}`)
    .filter((line) => line.trim() !== '')
    .join('\n')
}
