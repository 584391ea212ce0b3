#!/usr/bin/env node
await import('../dist/bundle/main.js').catch((error) => {
  if (error?.code !== 'ERR_MODULE_NOT_FOUND' || !String(error.message).includes('bundle/main.js')) throw error
  console.error('error: bulkhead is not built\n  hint: Run `npm run build`.')
  process.exit(1)
})
