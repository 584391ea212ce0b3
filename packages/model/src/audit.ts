/** One request that could change something, or the end of what it asked for. Never changed once it is written. */
export interface AuditRecord {
  /** Ascends from record to record. */
  readonly sequence: number
  /** ISO 8601. */
  readonly time: string
  /** Who asked, as the client said: `ann@desk`. `bulkhead`: the daemon itself. Absent: it did not say. */
  readonly actor?: string
  /** Through which socket it came, and what the client calls itself. Absent: it is no request. */
  readonly from?: string
  /** What was asked for: the operation's name in the API; `deploymentEnded` for the end of one. */
  readonly operation: string
  readonly project?: string
  readonly deployment?: string
  /** What the request said, as far as it can hold no secret. */
  readonly request?: Readonly<Record<string, unknown>>
  /** The answer's HTTP status, with the code of the error; or how the deployment ended. */
  readonly outcome: string
}
