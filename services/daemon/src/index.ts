export { buildApp, type AppOptions } from './app.ts'
export { startDaemon, type Daemon, type DaemonOptions } from './daemon.ts'
export { errorCatalog, type ErrorEntry } from './error-catalog.ts'
export { openStore, type Store, type StoreOptions } from './store/store.ts'
