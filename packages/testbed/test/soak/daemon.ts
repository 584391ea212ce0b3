import { spawn, type ChildProcess } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'

const entry = fileURLToPath(new URL('../../../../services/daemon/dist/bulkheadd.js', import.meta.url))

export interface Weight {
  /** Resident memory, bytes. */
  readonly resident: number
  /** Heap in use, bytes. */
  readonly heap: number
  /** Open file descriptors. */
  readonly descriptors: number
  /** Handles and requests that keep the process alive. */
  readonly handles: number
}

/** A daemon that is started again when it dies, and can be weighed. */
export interface Subject {
  start(): Promise<void>
  /** SIGKILL and, when it's gone, a new one. */
  killAndRestart(): Promise<void>
  /** After a garbage collection. */
  weigh(): Promise<Weight>
  get(path: string): Promise<unknown>
  stop(): Promise<void>
}

export function openSubject(env: NodeJS.ProcessEnv, socket: string, data: string): Subject {
  let child: ChildProcess | undefined
  let said = ''
  const get = (path: string): Promise<unknown> => ask(socket, path)
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const mine = child
    child = undefined
    if (mine === undefined || mine.exitCode !== null || mine.signalCode !== null) return
    const closed = new Promise((resolve) => mine.once('close', resolve))
    mine.kill(signal)
    await closed
  }
  const subject: Subject = {
    async start() {
      said = ''
      const started = spawn(
        process.execPath,
        ['--inspect=127.0.0.1:0', entry, '--socket', socket, '--data', data, '--log-level', 'warn'],
        { env, stdio: ['ignore', 'ignore', 'pipe'] },
      )
      started.stderr.on('data', (part) => (said = (said + String(part)).slice(0, 20_000)))
      child = started
      const deadline = Date.now() + 60_000
      while ((await get('/v1/version').catch(() => undefined)) === undefined) {
        if (started.exitCode !== null || Date.now() > deadline)
          throw new Error(`the daemon does not answer:\n${said}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    async killAndRestart() {
      await end('SIGKILL')
      await subject.start()
    },
    async weigh() {
      const pid = child?.pid
      const [, inspector] = /Debugger listening on (ws:\S+)/.exec(said) ?? []
      if (pid === undefined || inspector === undefined) throw new Error(`no inspector to ask:\n${said}`)
      const handles = await collectAndCount(inspector)
      const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
      const descriptors = (await readdir(`/proc/${pid}/fd`)).length
      return { resident: Number(kilobytes) * 1024, descriptors, ...handles }
    },
    get,
    stop: () => end('SIGTERM'),
  }
  return subject
}

/** Has the garbage collected, twice as what finalizers free is found only then. */
async function collectAndCount(inspector: string): Promise<Pick<Weight, 'heap' | 'handles'>> {
  const socket = new WebSocket(inspector)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  let last = 0
  const send = (method: string, params: object = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = (last += 1)
      socket.on('message', (part: Buffer) => {
        const answer = JSON.parse(part.toString('utf8')) as { id?: number; result?: unknown; error?: unknown }
        if (answer.id !== id) return
        if (answer.error === undefined) resolve(answer.result)
        else reject(new Error(JSON.stringify(answer.error)))
      })
      socket.send(JSON.stringify({ id, method, params }))
    })
  try {
    await send('HeapProfiler.collectGarbage')
    await send('HeapProfiler.collectGarbage')
    const expression =
      'JSON.stringify({ heap: process.memoryUsage().heapUsed, handles: process.getActiveResourcesInfo().length })'
    const { result } = (await send('Runtime.evaluate', { expression })) as { result: { value: string } }
    return JSON.parse(result.value) as { heap: number; handles: number }
  } finally {
    socket.close()
  }
}

function ask(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, timeout: 30_000 }, (response) => {
      let text = ''
      response.on('data', (part) => (text += String(part)))
      response.once('error', reject)
      response.once('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(text))
        else reject(new Error(`GET ${path}: ${response.statusCode} ${text}`))
      })
    })
    asked.once('error', reject)
    asked.once('timeout', () => asked.destroy(new Error(`GET ${path}: no answer`)))
    asked.end()
  })
}
