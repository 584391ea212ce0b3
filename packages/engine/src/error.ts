import { BulkheadError } from '@bulkhead/model'
import type { ErrorCode } from '@bulkhead/model'
import { EngineAnswer } from './transport.ts'

/** The engine's HTTP status, for errors that it answered; undefined for all others. */
export function statusOf(error: unknown): number | undefined {
  if (error instanceof EngineAnswer) return error.statusCode
  if (error instanceof BulkheadError) return statusOf(error.cause)
  return undefined
}

/** The engine's own words. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/**
 * Runs one piece of work on the engine and gives its failure a code.
 *
 * @param action what was tried, as it completes "The engine could not …".
 * @throws the signal's reason when it aborted; else BulkheadError.
 */
export async function attempt<T>(
  action: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    signal?.throwIfAborted()
    throw engineError(error, action)
  }
}

/**
 * The one mapping from what the engine answered to what a user reads. The
 * engine's words stay in the message; what no rule knows is BH_ENGINE_FAILED.
 */
function engineError(error: unknown, action: string): Error {
  if (error instanceof BulkheadError) return error
  const status = statusOf(error)
  if (status === undefined && !(error instanceof InStreamError)) {
    return error instanceof Error ? error : new Error(String(error))
  }
  const words = wordsOf(error)
  const rule = rules.find(
    (one) => (one.status === undefined || one.status === status) && one.words.test(words),
  )
  const known = rule?.message?.(rule.words.exec(words) ?? [])
  const shown = status === undefined ? words : `${words} (HTTP ${String(status)})`
  const message = known ?? `The engine could not ${action}: ${rule === undefined ? shown : words}`
  return new BulkheadError(rule?.code ?? 'BH_ENGINE_FAILED', ended(message), {
    hint: rule?.hint,
    cause: error,
  })
}

/** An error that came inside a stream of progress, after HTTP status 200. */
export class InStreamError extends Error {
  override readonly name = 'InStreamError'
}

/** The id of the container that holds a name, from a BH_NAME_IN_USE; undefined when the engine did not tell. */
export function nameHolderOf(error: unknown): string | undefined {
  if (!(error instanceof BulkheadError) || error.code !== 'BH_NAME_IN_USE') return undefined
  return /already in use by container "?([0-9a-f]{12,64})/u.exec(wordsOf(error.cause))?.[1]
}

interface Rule {
  readonly status?: number
  readonly words: RegExp
  readonly code: ErrorCode
  readonly hint?: string
  /** Undefined: "The engine could not …" and its words. */
  readonly message?: (match: readonly (string | undefined)[]) => string
}

const portHint = 'Stop what uses the port, or publish another one.'
const loginHint = 'Check the name, or log in with `docker login` when the image is private.'

/** First match wins. The words are those of Docker 20.10 to 28; a status alone is too coarse to tell them apart. */
const rules: readonly Rule[] = [
  {
    status: 409,
    words: /container name "\/?([^"]+)" is already in use by container "?([0-9a-f]+)/u,
    code: 'BH_NAME_IN_USE',
    hint: 'Remove or rename the container that has the name.',
    message: ([, name = '', id = '']) => `The name "${name}" is already in use by container ${id}.`,
  },
  {
    status: 409,
    words: /network with name (\S+) already exists/u,
    code: 'BH_NAME_IN_USE',
    hint: 'Remove that network, or declare it as `external: true`.',
    message: ([, name = '']) => `A network named "${name}" exists already, and is not this project's.`,
  },
  {
    words: /Bind for (\S*?):(\d+) failed: port is already allocated/u,
    code: 'BH_PORT_IN_USE',
    hint: portHint,
    message: ([, host = '', port = '']) => `Port ${port} on ${host} is already in use by another container.`,
  },
  {
    words:
      /(?:listen (?:tcp|udp|sctp)\d? |bind host port (?:for )?|Bind for |expose port )\[?(\S*?)\]?:(\d+)\b.*(?:address already in use|already allocated|used by another process|only one usage)/isu,
    code: 'BH_PORT_IN_USE',
    hint: portHint,
    message: ([, host = '', port = '']) =>
      `Port ${port} on ${host} is already in use on the engine's machine.`,
  },
  { words: /port is already allocated|address already in use/iu, code: 'BH_PORT_IN_USE', hint: portHint },
  {
    words: /unknown(?: or invalid)? runtime(?: name)?|Unknown runtime specified/iu,
    code: 'BH_ISOLATION_UNAVAILABLE',
    hint: "Install the runtime and name it in the engine's daemon.json, or ask for another isolation.",
  },
  {
    words: /could not select device driver "([^"]*)"|CDI device injection failed[^:]*: (.*)/iu,
    code: 'BH_DEVICE_UNAVAILABLE',
    hint: 'Install what drives the device on the machine of the engine, or remove the request.',
  },
  {
    words: /invalid isolation/iu,
    code: 'BH_ISOLATION_UNAVAILABLE',
    hint: 'Ask for an isolation that this engine offers.',
  },
  {
    words:
      /no matching manifest for|cannot be used on this platform|operating system is not supported|does not match the (?:specified|detected host) platform/iu,
    code: 'BH_IMAGE_OS_MISMATCH',
    hint: "Use an image made for this engine's operating system and architecture, or set `platform`.",
  },
  {
    words: /invalid reference format|invalid repository name|repository name must be lowercase/iu,
    code: 'BH_IMAGE_REFERENCE_INVALID',
    hint: 'Write it in lower case, as [registry/]name[:tag].',
  },
  {
    words:
      /manifest unknown|manifest for .* not found|No such image|image does not exist locally|repository .* not found|failed to resolve reference.*not found|pull access denied|repository does not exist/isu,
    code: 'BH_IMAGE_NOT_FOUND',
    hint: loginHint,
  },
  {
    words:
      /no basic auth credentials|unauthorized|authentication required|requested access to the resource is denied|incorrect username or password|denied: /iu,
    code: 'BH_PULL_FAILED',
    hint: 'Log in to the registry with `docker login`.',
  },
  {
    words: /server gave HTTP response to HTTPS client/iu,
    code: 'BH_PULL_FAILED',
    hint: "Give the registry a certificate, or list it in the engine's `insecure-registries`.",
  },
  {
    words: /bind source path does not exist/iu,
    code: 'BH_FILE_NOT_FOUND',
    hint: "Create the path on the engine's machine, or set `create_host_path: true`.",
  },
  {
    status: 404,
    words: /network .* not found|could not find (?:the )?network|No such network/iu,
    code: 'BH_NETWORK_NOT_FOUND',
    hint: 'Create the network, or bring the project up again.',
  },
  { status: 404, words: /(?:get|no such) .*volume|no such volume/iu, code: 'BH_VOLUME_NOT_FOUND' },
  {
    status: 404,
    words: /no such container/iu,
    code: 'BH_NOT_FOUND',
    hint: 'It was removed meanwhile; try again.',
  },
  {
    status: 409,
    words: /container \S+ is (?:not running|paused|restarting)/iu,
    code: 'BH_CONFLICT',
    hint: 'Start it first, or wait until it runs.',
  },
  {
    status: 409,
    words: /conflict: unable to (?:delete|remove).*(?:is using its referenced|used by)|is being used by/isu,
    code: 'BH_CONFLICT',
    hint: 'Remove the containers that were made from it first.',
  },
  {
    words: /has active endpoints|volume is in use|is in use by/iu,
    code: 'BH_CONFLICT',
    hint: 'Remove the containers that use it first.',
  },
  {
    words: /Pool overlaps|non-overlapping|predefined address pools have been fully subnetted/iu,
    code: 'BH_ENGINE_FAILED',
    hint: "Remove unused networks with `docker network prune`, choose another subnet, or widen the engine's `default-address-pools`.",
  },
  {
    words:
      /executable file not found|no such file or directory.*unknown$|exec format error|is a directory: unknown|permission denied: unknown/isu,
    code: 'BH_ENGINE_FAILED',
    hint: 'Check `command` and `entrypoint`: the image must contain the program, made for this architecture.',
  },
  {
    words: /no space left on device/iu,
    code: 'BH_ENGINE_FAILED',
    hint: "Free space on the engine's disk, for example with `docker system prune`.",
  },
  {
    words: /rootfs is marked read-only|read-only file system/iu,
    code: 'BH_ENGINE_FAILED',
    hint: 'Files cannot be put into a `read_only` container; mount them instead.',
  },
]

function ended(text: string): string {
  const trimmed = text.trim()
  return /[.!?]$/u.test(trimmed) ? trimmed : `${trimmed}.`
}
