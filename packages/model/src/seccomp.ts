/**
 * The path of the seccomp profile that an entry of `security_opt` names, as it
 * is written: `seccomp:./profile.json`, `seccomp=/etc/profile.json`. Undefined
 * for any other entry, and for the profiles that an engine has by name.
 */
export function seccompProfileOf(option: string): string | undefined {
  const [, path] = /^seccomp[=:](.+)$/su.exec(option) ?? []
  return path === 'unconfined' || path === 'builtin' ? undefined : path
}
