import type { Progress } from './port.ts'

/** One line of what the engine streams while it pulls. */
export interface PullMessage {
  readonly id?: string
  readonly status?: string
  readonly progressDetail?: { readonly current?: number; readonly total?: number }
  readonly error?: string
  readonly errorDetail?: { readonly message?: string }
}

interface Layer {
  current: number
  total: number
  done: boolean
}

const layerStatus =
  /^(?:Pulling fs layer|Waiting|Downloading|Verifying Checksum|Download complete|Extracting|Pull complete|Already exists)/u

/**
 * Sums the progress of a pull over its layers. Bytes are those downloaded: of
 * layers that wait their total is not known yet, so the total may grow.
 *
 * @returns what to tell, or undefined for a message that adds nothing.
 */
export function pullProgress(): (message: PullMessage) => Progress | undefined {
  const layers = new Map<string, Layer>()
  return ({ id, status, progressDetail }) => {
    if (status === undefined) return undefined
    if (id === undefined || !layerStatus.test(status))
      return { message: id === undefined ? status : `${id}: ${status}` }
    const layer = layers.get(id) ?? { current: 0, total: 0, done: false }
    layers.set(id, layer)
    if (status === 'Downloading') {
      layer.current = progressDetail?.current ?? layer.current
      layer.total = Math.max(progressDetail?.total ?? 0, layer.total, layer.current)
    } else if (!/^(?:Pulling|Waiting)/u.test(status)) {
      layer.current = layer.total
    }
    if (status === 'Pull complete' || status === 'Already exists') layer.done = true
    return summary(layers, status)
  }
}

function summary(layers: ReadonlyMap<string, Layer>, status: string): Progress {
  const all = [...layers.values()]
  const current = all.reduce((sum, layer) => sum + layer.current, 0)
  const total = all.reduce((sum, layer) => sum + layer.total, 0)
  const done = all.filter((layer) => layer.done).length
  const word = total > current || status === 'Downloading' ? 'Downloading' : 'Extracting'
  const message =
    done === all.length ? `${done} layers complete` : `${word}, ${done} of ${all.length} layers complete`
  return total === 0 ? { message } : { message, current, total }
}

/**
 * Hands on at most one progress every `everyMs`, the latest, and the last one
 * always: `flush` tells what is held back.
 *
 * @param now milliseconds, from any fixed point.
 */
export function throttled(
  onProgress: (progress: Progress) => void,
  everyMs: number,
  now: () => number,
): { readonly tell: (progress: Progress) => void; readonly flush: () => void } {
  let last = -Infinity
  let held: Progress | undefined
  const tell = (progress: Progress): void => {
    held = undefined
    if (now() - last < everyMs) {
      held = progress
      return
    }
    last = now()
    onProgress(progress)
  }
  const flush = (): void => {
    if (held !== undefined) onProgress(held)
    held = undefined
  }
  return { tell, flush }
}
