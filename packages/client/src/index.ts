export * from './address.ts'
export * from './client.ts'
export * from './context.ts'
export * from './sse.ts'
