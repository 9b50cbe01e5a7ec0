let held: string | undefined

/** What the document brought along; set by `main.ts`, and taken away when the session ends in the page. */
export const holdDeviceKey = (key: string | undefined): void => void (held = key)
export const deviceKey = (): string | undefined => held
