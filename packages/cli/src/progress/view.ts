import type { Row, Rows } from './rows.ts'

/** How rows are shown; `rows` holds the change already. */
export interface View {
  show(rows: Rows, changed: Row): void
  /** Prints something that stays, without breaking the view. */
  print(text: string): void
  close(rows: Rows): void
}
