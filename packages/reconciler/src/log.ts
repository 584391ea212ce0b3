/** What the reconciler needs of a logger; pino's shape. Messages are constant, fields carry the rest. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
