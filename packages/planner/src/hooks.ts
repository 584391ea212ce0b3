import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { bulkheadLabels, type Hook, type ObservedContainer, type Operation } from '@bulkhead/model'
import { isOfAnother } from './divergence.ts'
import type { PlanInput } from './input.ts'

/**
 * The first of the `post_start` hooks that are due in a container that is
 * there; as many as there are when none is. Those of a container that Compose
 * made were Compose's to run, and so it is with another Bulkhead's.
 */
export function firstDueHook(
  container: ObservedContainer,
  hooks: readonly Hook[],
  { hooksRun: run, owner }: Pick<PlanInput, 'hooksRun' | 'owner'>,
): number {
  const { id, startedAt, labels } = container
  if (labels[bulkheadLabels.hash] === undefined) return hooks.length
  if (!run.has(id) && isOfAnother(container, owner)) return hooks.length
  const its = run.get(id)
  return its === undefined || its.startedAt !== startedAt ? 0 : its.count
}

/**
 * The `pre_stop` hooks that must run before a container is stopped: those that
 * it was made with, whatever the files say now. For a container that Compose
 * made they are those of the files. None where nothing can be run: a paused
 * container runs no command.
 */
export function stopHooks(
  { project, observed, hashKey }: Pick<PlanInput, 'project' | 'observed' | 'hashKey'>,
  { container: id, service, name, cause }: Operation & { readonly type: 'stopContainer' },
): readonly Operation[] {
  const container = observed.containers.find((one) => one.id === id)
  if (container === undefined || container.state !== 'running' || container.oneOff) return []
  const written = (project?.services[service] ?? project?.disabledServices[service])?.pre_stop ?? []
  const { [bulkheadLabels.preStop]: sealed, [bulkheadLabels.hash]: ours } = container.labels
  const made = sealed === undefined ? undefined : openHooks(sealed, hashKey)
  const hooks = made ?? (sealed === undefined && ours !== undefined ? [] : written)
  return hooks.map((hook, index) => ({
    type: 'runHook',
    service,
    container: id,
    name,
    phase: 'pre_stop',
    index,
    hook,
    cause,
  }))
}

/** Raised when the seal changes; what is not of this version is not opened. */
const version = 'v1'
const nonceBytes = 12
const tagBytes = 16

/**
 * Hooks as the value of a label. They may hold secrets and labels are open to
 * everybody, so they are encrypted; the same hooks give the same text, so that
 * the same project gives the same plan.
 */
export function sealHooks(hooks: readonly Hook[], key: string): string {
  const text = JSON.stringify(hooks)
  const nonce = createHmac('sha256', key).update(`pre-stop nonce ${text}`).digest().subarray(0, nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', sealKey(key), nonce)
  const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return `${version}:${sealed.toString('base64')}`
}

/** Undefined: it was sealed with another key, or is none of ours. */
export function openHooks(label: string, key: string): readonly Hook[] | undefined {
  const [form, content = ''] = label.split(':')
  const sealed = Buffer.from(content, 'base64')
  if (form !== version || sealed.length < nonceBytes + tagBytes) return undefined
  try {
    const decipher = createDecipheriv('aes-256-gcm', sealKey(key), sealed.subarray(0, nonceBytes))
    decipher.setAuthTag(sealed.subarray(-tagBytes))
    const text = [decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]
    return JSON.parse(Buffer.concat(text).toString('utf8')) as readonly Hook[]
  } catch {
    return undefined
  }
}

function sealKey(key: string): Buffer {
  return createHmac('sha256', key).update('pre-stop seal').digest()
}
