import { seccompProfileOf } from '@bulkhead/model'
import type { EngineCapabilities } from '@bulkhead/model'
import type { Rule, Shortfall } from './shortfall.ts'

/** Modules of the kernel that options are for. An engine without the module leaves AppArmor and SELinux options out. */
const modules: Rule = ({ security_opt: options = [] }, engine) => {
  if (engine.os === 'windows') return []
  return options.flatMap((option, index): readonly Shortfall[] => {
    const [kind = '', value] = option.split(/[=:]/)
    const at = ['security_opt', index]
    if (kind === 'seccomp' && value !== 'unconfined' && !has(engine, 'seccomp')) {
      return [
        {
          at,
          severity: 'error',
          what: 'a seccomp profile, and the kernel of this engine has no seccomp',
          hint: 'Leave it out, or run it on another machine.',
        },
      ]
    }
    const module = { apparmor: 'apparmor', label: 'selinux' }[kind]
    if (module === undefined || value === 'unconfined' || value === 'disable' || has(engine, module))
      return []
    return [
      {
        at,
        severity: 'warning',
        what: `"${option}", and this engine does not use ${module === 'selinux' ? 'SELinux' : 'AppArmor'}`,
        hint: 'It runs without this protection.',
      },
    ]
  })
}

/** Profiles in files: read on the machine of whoever asks, sent by their text. */
const profiles: Rule = ({ security_opt: options = [] }, _engine, { seccompProfiles = {} }) =>
  options.flatMap((option, index): readonly Shortfall[] => {
    const path = seccompProfileOf(option)
    if (path === undefined) return []
    const text = seccompProfiles[path]
    const at = ['security_opt', index]
    if (text === undefined) {
      const what = `the seccomp profile ${path}, and the file is not there`
      return [{ at, severity: 'error', code: 'BH_FILE_NOT_FOUND', what, hint: 'Write the file.' }]
    }
    if (isJson(text)) return []
    const what = `the seccomp profile ${path}, which is not JSON`
    return [{ at, severity: 'error', code: 'BH_COMPOSE_INVALID', what, hint: 'Correct the file.' }]
  })

export const securityRules: readonly Rule[] = [modules, profiles]

function has({ securityOptions }: EngineCapabilities, module: string): boolean {
  return securityOptions.some((option) => option.split(',').includes(`name=${module}`))
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
