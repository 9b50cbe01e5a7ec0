/** Hands a text or a file over to be saved. */
export function saveFile(name: string, content: string | Blob, type?: string): void {
  const blob = content instanceof Blob ? content : new Blob([content], { type })
  const address = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
