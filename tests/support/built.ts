import { ensureBuilt } from '../../scripts/built.ts'

/** Browsers and servers are those that will be shipped. */
export default ensureBuilt
