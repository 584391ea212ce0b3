import { realpathSync } from 'node:fs'

/** Whether two addresses, as Docker's client writes them, are of one engine: the same, or two paths to one socket. */
export function sameEngine(a: string, b: string): boolean {
  return a === b || normal(a) === normal(b)
}

function normal(address: string): string {
  if (!address.startsWith('unix://')) return address.replace(/\/+$/, '')
  const path = address.slice('unix://'.length)
  try {
    return `unix://${realpathSync(path)}`
  } catch {
    return address
  }
}
