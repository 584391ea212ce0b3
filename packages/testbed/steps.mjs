// What the README's two commands share. Plain Node: it runs before anything is installed.
import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const engineScript = fileURLToPath(new URL('engine.sh', import.meta.url))

export function say(text) {
  process.stderr.write(`${text}\n`)
}

/**
 * Runs a command to its end. `quiet` shows what it says only if it fails, `silent` not even then.
 * @returns {Promise<{code: number, stdout: string}>} stdout is empty unless `capture`.
 */
export function run(
  command,
  args,
  { env = {}, capture = false, quiet = false, silent = false, cwd = root } = {},
) {
  return new Promise((resolve, reject) => {
    const out = silent ? 'ignore' : capture || quiet ? 'pipe' : 'inherit'
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', out, silent ? 'ignore' : quiet ? 'pipe' : 'inherit'],
    })
    let stdout = ''
    let noise = ''
    child.stdout?.on('data', (part) => (stdout += part))
    child.stderr?.on('data', (part) => (noise += part))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (quiet && code !== 0) process.stderr.write(noise + stdout)
      resolve({ code: code ?? (signal === 'SIGINT' ? 130 : 1), stdout })
    })
  })
}

/** Runs a command that must succeed. */
export async function must(command, args, options) {
  const { code, stdout } = await run(command, args, options)
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${code}`)
  return stdout
}

/** Installs the packages where they are missing or older than the lock file. */
export async function install() {
  const lock = new URL('../../package-lock.json', import.meta.url)
  const installed = new URL('../../node_modules/.package-lock.json', import.meta.url)
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  say('Installing packages (npm ci)')
  await must('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { quiet: true })
}

export async function build() {
  say('Building')
  await must('npm', ['run', '--silent', 'build'], { quiet: true })
}

/** Calls engine.sh; its words go to the terminal. */
export function engine(args, options) {
  return run('bash', [engineScript, ...args], options)
}

/** Settings of an engine that is up, as `engine.sh env` tells them. */
export async function engineSettings(name) {
  const text = await must('bash', [engineScript, 'env', '--name', name], { capture: true })
  return Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
}
