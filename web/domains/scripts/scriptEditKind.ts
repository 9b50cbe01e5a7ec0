/** Under which an edited text of a script is kept for a customer. */
export const editKind = (scriptId: string): string => `script:${scriptId}`
