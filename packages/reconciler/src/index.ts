export type { Log } from './log.ts'
export type * from './port.ts'
export { createReconciler, type Reconciler, type ReconcilerOptions } from './reconciler.ts'
export { retryDelayMs } from './round.ts'
