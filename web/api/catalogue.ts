import { z } from 'zod'
import { openVault } from '../device/vault.ts'
import { Unreachable, UnexpectedAnswer, errorOf } from './apiError.ts'
import { http } from './client.ts'

/** A whole catalogue with one ETag: a GET without parameters. */
interface CatalogueEndpoint<A extends z.ZodType> {
  id: string
  path: string
  answer?: A
}

const Kept = z.object({ release: z.string(), etag: z.string(), answer: z.unknown() })

/** This file's name, which changes with all it leans on, the contract too: what an older page has kept may look otherwise. */
const RELEASE = import.meta.url

/**
 * Shows a catalogue: at once what lies on the device, then what the server has if that is another. Asks once, and is answered
 * in a few bytes while nothing has changed.
 * @throws ApiError, Unreachable, UnexpectedAnswer, also when something was shown already
 */
export async function loadCatalogue<A extends z.ZodType>(
  endpoint: CatalogueEndpoint<A>,
  show: (answer: z.output<A>) => void,
  /** of what is shown already */
  shownTag: string | undefined,
): Promise<string | undefined> {
  const vault = await openVault()
  let tag = shownTag
  if (tag === undefined) {
    const kept = Kept.safeParse(await vault?.get('catalogue', endpoint.id)).data
    // Sealed by this very build after it was parsed: no second look at thousands of rows.
    if (kept?.release === RELEASE) {
      show(kept.answer as z.output<A>)
      tag = kept.etag
    }
  }
  const answer = await http
    .request<unknown>({
      method: 'get',
      url: endpoint.path,
      headers: tag === undefined ? {} : { 'if-none-match': tag },
    })
    .catch((cause: unknown) => {
      throw new Unreachable({ cause })
    })
  if (answer.status === 304 && tag !== undefined) return tag
  if (answer.status !== 200) throw errorOf(answer.status, answer.data)
  const parsed = endpoint.answer?.safeParse(answer.data)
  if (!parsed?.success)
    throw new UnexpectedAnswer(`answer of ${endpoint.id}`, answer.status, { cause: parsed?.error })
  show(parsed.data)
  const etag: unknown = answer.headers['etag']
  if (typeof etag !== 'string') return undefined
  void vault?.put('catalogue', endpoint.id, { release: RELEASE, etag, answer: parsed.data })
  return etag
}
