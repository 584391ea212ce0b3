import type { Cause, ObservedContainer } from '@bulkhead/model'
import { cause, type ExplainInput } from './input.ts'

/** What is wrong with a container; undefined: it runs, and is healthy where somebody looks. */
export function ailment(input: ExplainInput, container: ObservedContainer): Cause | undefined {
  const { name, state, health, startedAt } = container
  const since = input.healthSince[container.id]
  switch (state) {
    case 'running':
      if (health === 'unhealthy') {
        return cause('unhealthy', `${name} is unhealthy`, { since, detail: lastProbe(container) })
      }
      if (health === 'starting') {
        const detail = lastProbe(container)
        return cause('health unknown', `${name} runs, and has not been found healthy`, {
          since: startedAt,
          detail,
        })
      }
      return undefined
    case 'restarting':
      return crash(input, container)
    case 'paused': {
      const touch = input.notes.touched[name]
      return cause('paused', `${name} is paused from outside`, {
        since: touch?.action === 'pause' ? touch.at : undefined,
      })
    }
    case 'created':
      return cause('missing', `${name} is created and was never started`, {
        since: container.createdAt,
        detail: container.error,
      })
    case 'removing':
      return cause('missing', `${name} is being removed`)
    case 'exited':
    case 'dead':
      return end(input, container)
  }
}

/** It ends again and again. */
function crash(input: ExplainInput, container: ObservedContainer): Cause {
  const { name, restartCount, finishedAt } = container
  const times = restartCount === 1 ? 'once' : `${restartCount} times`
  return cause(
    'crashes',
    `${name} keeps ending: the engine has restarted it ${times}, last it ${howItEnded(container)}`,
    {
      since: finishedAt,
      detail: lastWords(input, container),
      hint: `Look at \`bulkhead logs ${container.service}\`.`,
    },
  )
}

function end(input: ExplainInput, container: ObservedContainer): Cause {
  const { id, name, finishedAt, error, settings, service } = container
  const note = input.notes.ended[id]
  if (note !== undefined) {
    return cause('killed', `${name} ended: ${note.cause}`, {
      since: note.at,
      hint: 'It is started again by the next round.',
    })
  }
  if (error !== undefined && error !== '') {
    return cause('ended', `${name} could not be started`, { since: finishedAt, detail: error })
  }
  const policy = settings?.restart.split(':')[0] ?? input.project?.services[service]?.restart ?? 'no'
  return cause('ended', `${name} ${howItEnded(container)}, and its restart policy (${policy}) leaves it so`, {
    since: finishedAt,
    detail: lastWords(input, container),
    hint: `Look at \`bulkhead logs ${service}\`; start it with \`bulkhead start ${service}\`.`,
  })
}

function howItEnded({ exitCode, oomKilled }: ObservedContainer): string {
  return oomKilled ? 'was ended for want of memory' : `ended by itself with code ${exitCode}`
}

function lastProbe({ healthLog }: ObservedContainer): string | undefined {
  const probe = healthLog.at(-1)
  if (probe === undefined) return undefined
  const said = probe.output.trim().slice(0, 300)
  return `the last probe ended with ${probe.exitCode}${said === '' ? '' : `: ${said}`}`
}

function lastWords({ lastLines }: ExplainInput, { id }: ObservedContainer): string | undefined {
  const lines = lastLines[id] ?? []
  return lines.length === 0 ? undefined : `its last words: ${lines.join(' / ')}`
}
