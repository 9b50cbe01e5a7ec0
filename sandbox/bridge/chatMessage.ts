import { z } from 'zod'
import type { ChatMessage, World } from '../world/types.ts'

const Text = z.object({ msgtype: z.literal('text'), text: z.object({ content: z.string().min(1) }) })
const MediaRef = z.object({ mediaid: z.string().min(1) })
const Image = z.object({ msgtype: z.literal('image'), image: MediaRef })
const Video = z.object({ msgtype: z.literal('video'), video: MediaRef })
const File = z.object({ msgtype: z.literal('file'), file: MediaRef })
const WebAddress = z.url({ protocol: /^https?$/ })
const News = z.object({
  msgtype: z.literal('news'),
  news: z.object({
    link: WebAddress,
    title: z.string().min(1),
    desc: z.string().default(''),
    imgUrl: z.union([z.literal(''), WebAddress]).default(''),
  }),
})
const Miniprogram = z.object({
  msgtype: z.literal('miniprogram'),
  miniprogram: z.object({
    appid: z.string().min(1),
    title: z.string().min(1),
    imgUrl: z.string(),
    page: z.string().regex(/\.html(\?.*)?$/),
  }),
})
const SendChatMessage = z.discriminatedUnion('msgtype', [Text, Image, Video, File, News, Miniprogram])

/** Known to WeCom, but only in customer-service chats, which this corp does not have. */
const CUSTOMER_SERVICE_ONLY = ['msgmenu', 'channels_shop_product']

/**
 * The message of a `sendChatMessage` call, its media looked up in the corp's own store.
 * @returns the body, or the keyword WeCom would answer (exact texts of real clients are not documented)
 */
export function readChatMessage(
  world: World,
  params: Record<string, unknown>,
): ChatMessage['body'] | { refused: string } {
  if (typeof params.msgtype !== 'string') return { refused: 'fail_missing arguments' }
  if (CUSTOMER_SERVICE_ONLY.includes(params.msgtype)) return { refused: 'fail_unsupported msgtype' }
  const parsed = SendChatMessage.safeParse(params)
  if (!parsed.success) {
    const isUnknown = !SendChatMessage.options.some(option => option.shape.msgtype.value === params.msgtype)
    return { refused: isUnknown ? 'fail_unsupported msgtype' : 'fail_missing arguments' }
  }
  const message = parsed.data
  switch (message.msgtype) {
    case 'text':
      return { msgtype: 'text', content: message.text.content }
    case 'image':
      return media(world, 'image', message.image.mediaid)
    case 'video':
      return media(world, 'video', message.video.mediaid)
    case 'file':
      return media(world, 'file', message.file.mediaid)
    case 'news':
      return { msgtype: 'news', ...message.news }
    case 'miniprogram':
      if (!WebAddress.safeParse(message.miniprogram.imgUrl).success) return { refused: 'fail_invalid imgUrl' }
      return { msgtype: 'miniprogram', ...message.miniprogram }
  }
}

function media(
  world: World,
  type: 'image' | 'video' | 'file',
  mediaId: string,
): ChatMessage['body'] | { refused: string } {
  const found = world.findMedia(mediaId)
  if (found?.type !== type) return { refused: 'fail_invalid mediaid' }
  return {
    msgtype: type,
    mediaId,
    url: `/sandbox/api/media/${encodeURIComponent(mediaId)}`,
    filename: found.filename,
  }
}
