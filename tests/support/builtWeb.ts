import { ensureWebBuilt } from '../../scripts/builtWeb.ts'

/** The browser meets what will be shipped. */
export default function buildWeb(): void {
  ensureWebBuilt()
}
