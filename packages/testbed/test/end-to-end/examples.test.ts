// One after the other: they are about the same projects, ports and networks of one engine.
import './db-web.ts'
import './windows.ts'
import './rest.ts'
