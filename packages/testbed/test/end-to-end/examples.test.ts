// One after the other: they are about the same projects, ports and networks of one engine.
import { dbWeb } from './db-web.ts'
import { rest } from './rest.ts'
import { windowsDbWeb } from './windows.ts'

dbWeb('26')
windowsDbWeb('26')
rest()
