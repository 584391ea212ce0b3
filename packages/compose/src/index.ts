export * from './load.ts'
export type * from './reader.ts'
