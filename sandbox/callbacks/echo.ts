import type { MiddlewareHandler } from 'hono'
import type { CallbackEvent } from '../world/callbackEvent.ts'
import type { World } from '../world/types.ts'
import type { Callbacks } from './callbacks.ts'

type Wire = Record<string, unknown>

/**
 * Raises what WeCom does not: events of the app's own API calls. Only with the switch `echoApi`, to see whether an app
 * would go in circles.
 */
export function echoApi(world: World, callbacks: Callbacks): MiddlewareHandler {
  return async (context, next) => {
    if (!callbacks.switches().echoApi || context.req.method !== 'POST') return next()
    const request = (await context.req.raw
      .clone()
      .json()
      .catch(() => ({}))) as Wire
    await next()
    const answer = (await context.res
      .clone()
      .json()
      .catch(() => ({}))) as Wire
    if (answer.errcode !== 0) return
    const api = context.req.path.replace(/^\/cgi-bin\//, '')
    for (const event of eventsOf(api, request, answer)) world.raise(event)
  }
}

function eventsOf(api: string, request: Wire, answer: Wire): CallbackEvent[] {
  const tag = (changeType: 'create' | 'update' | 'delete', id: unknown, tagType: 'tag' | 'tag_group') => ({
    event: 'change_external_tag' as const,
    changeType,
    id: String(id),
    tagType,
  })
  const ids = (name: string) => (Array.isArray(request[name]) ? request[name] : [])
  switch (api) {
    case 'externalcontact/remark':
    case 'externalcontact/mark_tag':
      return [
        {
          event: 'change_external_contact',
          changeType: 'edit_external_contact',
          userId: String(request.userid),
          externalUserId: String(request.external_userid),
        },
      ]
    case 'externalcontact/add_corp_tag': {
      const group = answer.tag_group as { tag: { id: string }[] }
      return group.tag.map(({ id }) => tag('create', id, 'tag'))
    }
    case 'externalcontact/edit_corp_tag':
      return [tag('update', request.id, 'tag')]
    case 'externalcontact/del_corp_tag':
      return [
        ...ids('tag_id').map(id => tag('delete', id, 'tag')),
        ...ids('group_id').map(id => tag('delete', id, 'tag_group')),
      ]
    default:
      return []
  }
}
