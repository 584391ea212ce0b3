import type { StoreDatabase } from './database.ts'

/** Texts that are kept once for the whole store. */
export interface SettingsStore {
  get(name: string): string | undefined
  set(name: string, value: string): void
}

export function createSettingsStore(database: StoreDatabase): SettingsStore {
  return {
    get(name) {
      const value = database.get('SELECT value FROM settings WHERE name = ?', name)?.['value']
      return typeof value === 'string' ? value : undefined
    },
    set(name, value) {
      database.run(
        `INSERT INTO settings (name, value) VALUES (?, ?)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
        name,
        value,
      )
    },
  }
}
