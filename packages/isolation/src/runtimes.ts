import type { EngineRuntime } from '@bulkhead/model'

/** Whose kernel a container sees under a runtime. */
export type RuntimeKernel = 'own' | 'shared'

interface RuntimeRule {
  /** Matches the base name of the runtime's binary, or its name where the engine tells no path. */
  readonly pattern: RegExp
  readonly kernel: RuntimeKernel
}

/**
 * What is known of OCI runtimes. First match wins; what no rule knows counts
 * for neither side, so that an unknown runtime never passes for a wall.
 */
const rules: readonly RuntimeRule[] = [
  { pattern: /^(containerd-shim-)?runsc(-v\d+)?$|^io\.containerd\.runsc\./, kernel: 'own' },
  { pattern: /^(containerd-shim-)?kata(-|$)|^io\.containerd\.kata/, kernel: 'own' },
  { pattern: /^(crun-vm|runq|urunc)$/, kernel: 'own' },
  { pattern: /^(runc|crun|youki)$|^io\.containerd\.runc\./, kernel: 'shared' },
  { pattern: /^(nvidia-container-runtime|sysbox-runc)$/, kernel: 'shared' },
]

/** Whose kernel a runtime gives; undefined: not known. */
export function kernelOf(name: string, runtime: EngineRuntime | undefined): RuntimeKernel | undefined {
  const binary = runtime?.path?.split('/').at(-1)
  const known = binary === undefined || binary === '' ? name : binary
  return rules.find(({ pattern }) => pattern.test(known))?.kernel
}

/** Lower is preferred among runtimes that give the same kernel. */
export function preference(name: string): number {
  const order = ['runc', 'crun', 'kata', 'kata-runtime', 'runsc']
  const index = order.indexOf(name)
  return index === -1 ? order.length : index
}
