export * from './address.ts'
export * from './client.ts'
export * from './sse.ts'
