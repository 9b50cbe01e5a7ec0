let held: string | undefined

/** What the document brought along; set once by `main.ts`. */
export const holdDeviceKey = (key: string | undefined): void => void (held = key)
export const deviceKey = (): string | undefined => held
