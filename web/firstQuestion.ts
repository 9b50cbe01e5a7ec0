import './olderBrowsers.ts'
import { openPage } from './opening.ts'

/** The page's one opening, begun as soon as this is loaded; `main.ts` goes on with it. */
export const opening = openPage()
opening.catch(() => undefined)
