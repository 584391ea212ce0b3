import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** An engine has NVIDIA's device driver where it finds this program in its PATH. */
const program = 'nvidia-container-runtime-hook'
const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Whether NVIDIA's hook is on the engine's machine; undefined: its address tells of another machine. */
export function gpuHookBeside(engineAddress: string): boolean | undefined {
  if (!engineAddress.startsWith('unix://')) return undefined
  return folders.some((folder) => existsSync(join(folder, program)))
}
