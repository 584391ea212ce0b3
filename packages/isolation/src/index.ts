export { checkIsolation } from './check.ts'
export { modeOf, resolveIsolation, runtimesWith, type ResolveOptions } from './resolve.ts'
export { kernelOf, type RuntimeKernel } from './runtimes.ts'
