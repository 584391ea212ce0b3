import { seccompProfileOf } from '@bulkhead/model'
import type { HostConfigInput } from './input.ts'

/**
 * `security_opt` as an engine wants it: a seccomp profile by its text, and
 * `systempaths=unconfined`, which no engine knows, as what it stands for.
 */
export function security(input: HostConfigInput): Readonly<Record<string, unknown>> {
  const { project, service } = input
  const { security_opt: written } = service
  const credentials = credentialSpec(input)
  if (written === undefined && credentials.length === 0) return {}
  const options = [...(written ?? []), ...credentials]
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

/**
 * A credential spec is a security option of Windows engines: a file below the
 * engine's folder for them, a value of the registry, or the text of a config.
 */
function credentialSpec({ project, service, capabilities }: HostConfigInput): readonly string[] {
  const { credential_spec: spec } = service
  if (spec === undefined || capabilities.os !== 'windows') return []
  const { file, registry, config = '' } = spec
  if (file !== undefined) return [`credentialspec=file://${file}`]
  if (registry !== undefined) return [`credentialspec=registry://${registry}`]
  return [`credentialspec=raw://${project.configs[config]?.content ?? ''}`]
}

const systemPaths = 'systempaths=unconfined'

/** JSON without the white space between its words; numbers and the order of keys stay as they are. */
function compact(json: string): string {
  return json.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/gsu, '$1')
}
