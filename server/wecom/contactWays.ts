import type { z } from 'zod'
import type { WecomApi } from './apis.ts'
import type { CallOptions } from './calls.ts'
import { WecomError } from './errors.ts'
import { cutBytes, cutText } from './mapping.ts'
import type { WecomClient, WecomContactWayDraft } from './types.ts'
import * as wire from './wire.ts'

/** Several members, as a QR code [D92228]. */
const SHARED = 2
const AS_QR_CODE = 2
const REMARK = 30
/** Most bytes of a welcome and its link (wecom/limits.md). */
const TEXT = 4000
const LINK = { title: 128, desc: 512 }
const PAGE = 100
/** `invalid config_id`: of one that is gone. */
const NO_SUCH_WAY = 41044

type Call = <T>(api: WecomApi, schema: z.ZodType<T>, options?: CallOptions) => Promise<T>
type Verbs = Pick<
  WecomClient,
  'addContactWay' | 'updateContactWay' | 'deleteContactWay' | 'findContactWay' | 'sendWelcome'
>

const fieldsOf = ({ userIds, state, remark, skipVerify }: WecomContactWayDraft) => ({
  user: userIds,
  state,
  remark: cutText(remark, REMARK),
  skip_verify: skipVerify,
})
const toSeconds = (at: Date) => Math.floor(at.getTime() / 1000)

/** 联系我 codes, and what greets the people who come by them. */
export const contactWayVerbs = (call: Call): Verbs => ({
  async addContactWay(draft) {
    const body = { type: SHARED, scene: AS_QR_CODE, ...fieldsOf(draft) }
    const made = await call('externalcontact/add_contact_way', wire.NewContactWayAnswer, { body })
    return { configId: made.config_id, qrCodeUrl: made.qr_code }
  },

  async updateContactWay(configId, draft) {
    const body = { config_id: configId, ...fieldsOf(draft) }
    await call('externalcontact/update_contact_way', wire.DoneAnswer, { body })
  },

  async deleteContactWay(configId) {
    try {
      await call('externalcontact/del_contact_way', wire.DoneAnswer, { body: { config_id: configId } })
    } catch (error) {
      if (!(error instanceof WecomError) || error.errcode !== NO_SUCH_WAY) throw error
    }
  },

  async findContactWay(state, { from, until }) {
    let cursor = ''
    do {
      const body = { start_time: toSeconds(from), end_time: toSeconds(until), cursor, limit: PAGE }
      const page = await call('externalcontact/list_contact_way', wire.ContactWaysAnswer, { body })
      for (const { config_id } of page.contact_way) {
        const asked = { body: { config_id } }
        const { contact_way } = await call('externalcontact/get_contact_way', wire.ContactWayAnswer, asked)
        if (contact_way.state === state)
          return { configId: contact_way.config_id, qrCodeUrl: contact_way.qr_code }
      }
      cursor = page.next_cursor === cursor ? '' : page.next_cursor
    } while (cursor !== '')
    return undefined
  },

  async sendWelcome({ welcomeCode, text, link }) {
    const attachment = link && {
      msgtype: 'link',
      link: {
        title: cutBytes(link.title, LINK.title),
        picurl: link.imageUrl,
        desc: cutBytes(link.description, LINK.desc),
        url: link.url,
      },
    }
    const body = {
      welcome_code: welcomeCode,
      ...(text !== '' && { text: { content: cutBytes(text, TEXT) } }),
      ...(attachment && { attachments: [attachment] }),
    }
    await call('externalcontact/send_welcome_msg', wire.DoneAnswer, { body })
  },
})
