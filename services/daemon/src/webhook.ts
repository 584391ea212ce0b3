import { createHmac, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Problem } from '@bulkhead/model'
import type { FastifyBaseLogger } from 'fastify'
import PQueue from 'p-queue'

/** What somebody should know who is not looking. Holds no secrets: problems are masked before they come here. */
export type Notice = DeploymentFailed | BreakerOpen

/** The tries of a service are used up. */
export interface BreakerOpen {
  readonly type: 'breaker.open'
  /** ISO 8601. */
  readonly time: string
  readonly project: string
  readonly service: string
  readonly reason: string
  /** When it is tried once more all the same, ISO 8601; absent: when somebody asks for it. */
  readonly next?: string | undefined
}

export interface DeploymentFailed {
  readonly type: 'deployment.failed'
  /** ISO 8601. */
  readonly time: string
  readonly project: string
  readonly deployment: string
  readonly problem: Problem | undefined
}

export interface Webhook {
  /** Has it sent, soon and not for ever: a receiver that stays away misses it. */
  send(notice: Notice): void
  /** Gives up what has not arrived. */
  stop(): void
}

export interface WebhookOptions {
  readonly url: string
  /** Signs what is sent; undefined: nothing does. */
  readonly secret: string | undefined
  readonly log: Pick<FastifyBaseLogger, 'warn'>
  /** Milliseconds before the second attempt; doubles with each. @default 1000 */
  readonly firstDelayMs?: number
}

const attempts = 6
const answerTimeoutMs = 10_000
/** Notices that wait while the receiver is away; later ones are dropped and logged. */
const longestQueue = 1000

/**
 * Posts notices as JSON, in order, one at a time. `Bulkhead-Signature` is
 * `sha256=` and the HMAC of the body, `Bulkhead-Delivery` the same through all attempts.
 */
export function createWebhook({ url, secret, log, firstDelayMs = 1000 }: WebhookOptions): Webhook {
  const queue = new PQueue({ concurrency: 1 })
  const stopping = new AbortController()

  async function post(notice: Notice): Promise<void> {
    const body = JSON.stringify(notice)
    const headers = {
      'content-type': 'application/json',
      'bulkhead-delivery': randomUUID(),
      ...(secret === undefined ? {} : { 'bulkhead-signature': signature(body, secret) }),
    }
    let reason = ''
    for (let attempt = 1; attempt <= attempts && !stopping.signal.aborted; attempt += 1) {
      try {
        const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(answerTimeoutMs)])
        const { ok, status } = await fetch(url, { method: 'POST', body, headers, signal, redirect: 'error' })
        if (ok) return
        reason = `it answered ${status}`
      } catch (error) {
        reason = String(error instanceof Error ? (error.cause ?? error) : error)
      }
      if (attempt < attempts) await pause(firstDelayMs * 2 ** (attempt - 1), stopping.signal)
    }
    if (stopping.signal.aborted) return
    log.warn({ type: notice.type, project: notice.project, reason }, 'webhook did not take a notice')
  }

  return {
    send(notice) {
      if (queue.size >= longestQueue) {
        log.warn({ type: notice.type, project: notice.project }, 'webhook is too far behind: notice dropped')
        return
      }
      void queue.add(() => post(notice))
    },
    stop() {
      stopping.abort()
      queue.clear()
    },
  }
}

function signature(body: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal, ref: false }).catch(() => undefined)
}
