import { seccompProfileOf } from '@bulkhead/model'
import type { HostConfigInput } from './input.ts'

/**
 * `security_opt` as an engine wants it: a seccomp profile by its text, and
 * `systempaths=unconfined`, which no engine knows, as what it stands for.
 */
export function security({ project, service }: HostConfigInput): Readonly<Record<string, unknown>> {
  const { security_opt: options } = service
  if (options === undefined) return {}
  const unconfined = options.includes(systemPaths)
  return {
    SecurityOpt: options.filter((option) => option !== systemPaths).map((option) => withProfile(option)),
    ...(unconfined ? { MaskedPaths: [], ReadonlyPaths: [] } : {}),
  }

  function withProfile(option: string): string {
    const text = project.seccompProfiles?.[seccompProfileOf(option) ?? '']
    return text === undefined ? option : `seccomp=${compact(text)}`
  }
}

const systemPaths = 'systempaths=unconfined'

/** JSON without the white space between its words; numbers and the order of keys stay as they are. */
function compact(json: string): string {
  return json.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/gsu, '$1')
}
