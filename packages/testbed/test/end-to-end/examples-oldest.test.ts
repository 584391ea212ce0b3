// Beside the same on the newer release: each has an engine of its own.
import { dbWeb } from './db-web.ts'
import { windowsDbWeb } from './windows.ts'

dbWeb('20')
windowsDbWeb('20')
