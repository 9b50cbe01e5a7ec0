import type { HonoRequest } from 'hono'
import type { Endpoint } from './endpoint.ts'
import { ApiRefusal, wordsOf } from './refusal.ts'
import { createWireBody, parseWireBody, WrongJson } from './wireBody.ts'
import type { WireBody } from './wireBody.ts'

/** The request, read once. */
export interface CallInput {
  body: WireBody
  /** set when the body cannot be used at all */
  refusal?: ApiRefusal
  isWrong: boolean
  form: Promise<FormData> | undefined
  /** for the call log: query and body without tokens and secrets */
  log: unknown
}

const secretNames = ['access_token', 'corpsecret', 'code']

export async function readInput(request: HonoRequest, endpoint: Endpoint | undefined): Promise<CallInput> {
  const query = Object.fromEntries(
    Object.entries(request.query()).filter(([name]) => !secretNames.includes(name)),
  )
  const nothing = { body: createWireBody({}), isWrong: false, form: undefined }
  if (request.method !== 'POST') return { ...nothing, log: query }
  if (endpoint?.isUpload) {
    const form = request.raw.formData()
    form.catch(() => undefined) // an upload that is no form is refused when the endpoint looks at it
    return { ...nothing, form, log: query }
  }
  const text = await request.text()
  try {
    const body = parseWireBody(text)
    return { ...nothing, body, log: { ...query, ...body.raw() } }
  } catch (cause) {
    if (cause instanceof ApiRefusal) return { ...nothing, refusal: cause, log: query }
    if (!(cause instanceof WrongJson)) throw cause
    return { ...nothing, refusal: new ApiRefusal(40058, wordsOf(40058)), isWrong: true, log: query }
  }
}
