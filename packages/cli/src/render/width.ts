/** Cut to `columns` characters, with an ellipsis where something is missing. */
export function fit(text: string, columns: number): string {
  if (text.length <= columns) return text
  return columns <= 1 ? text.slice(0, Math.max(0, columns)) : `${text.slice(0, columns - 1)}…`
}

/** Without what would move the cursor or change the colors of the terminal. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/\u001B\[[0-9;?]*[A-Za-z]/g, '').replaceAll(/[\u0000-\u001F\u007F-\u009F]/g, ' ')
}
