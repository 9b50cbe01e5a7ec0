import type { ContactWay } from '../world/contactWays.ts'
import type { World } from '../world/types.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { post } from './endpoint.ts'
import type { Call, Endpoints } from './endpoint.ts'
import { refuse } from './refusal.ts'
import { visibleMember } from './visible.ts'
import type { WireBody } from './wireBody.ts'

const lengthOf = (text: string) => [...text].length
const daySeconds = 86_400

/** @throws ApiRefusal 41041 too many, 41054 not activated, 40058 without 客户联系 (the code is UNVERIFIED) */
function readUsers(world: World, body: WireBody, type: ContactWay['type']): string[] {
  const users = body.texts('user') ?? []
  const parties = body.raw()['party']
  const hasParties = Array.isArray(parties) && parties.length > 0
  if (type === 1 ? users.length !== 1 || hasParties : users.length === 0 && !hasParties) refuse(40058)
  if (users.length > world.limits().membersPerContactWay) refuse(41041)
  return users.map(userId => {
    const member = visibleMember(world, userId)
    if (member.status !== 1) refuse(41054)
    if (!member.hasCustomerContact) refuse(40058)
    return member.userId
  })
}

/** `state` and `remark` ≤ 30 characters; the code for more is UNVERIFIED. */
function readTexts(world: World, body: WireBody): Partial<Pick<ContactWay, 'state' | 'remark'>> {
  const [state, remark] = [body.text('state'), body.text('remark')]
  const { contactWayTextLength } = world.limits()
  if ([state, remark].some(text => text !== undefined && lengthOf(text) > contactWayTextLength)) refuse(40058)
  return { ...(state !== undefined && { state }), ...(remark !== undefined && { remark }) }
}

function readStyle(body: WireBody, { type, scene }: Pick<ContactWay, 'type' | 'scene'>): number | undefined {
  const style = body.number('style')
  const most = type === 1 ? 3 : 2
  if (scene === 1 && style !== undefined && (style < 1 || style > most)) refuse(41042)
  return style
}

const partiesOf = (body: WireBody) =>
  (Array.isArray(body.raw()['party']) ? (body.raw()['party'] as unknown[]) : []).filter(
    (id): id is number => typeof id === 'number',
  )
const isTrue = (body: WireBody, name: string, usual: boolean) => {
  const given = body.raw()[name]
  return typeof given === 'boolean' ? given : usual
}

function add({ world, body, origin }: Call) {
  const [type, scene] = [body.number('type'), body.number('scene')]
  if (type === undefined) refuse(41037)
  if (type !== 1 && type !== 2) refuse(41038)
  if (scene === undefined) refuse(41039)
  if (scene !== 1 && scene !== 2) refuse(41040)
  const style = readStyle(body, { type, scene })
  const userIds = readUsers(world, body, type)
  const texts = readTexts(world, body)
  if (world.contactWays().length >= world.limits().contactWaysPerCorp) refuse(41045)
  const way = world.addContactWay({
    type,
    scene,
    style: style ?? 0,
    remark: '',
    state: '',
    ...texts,
    skipVerify: isTrue(body, 'skip_verify', true),
    isExclusive: isTrue(body, 'is_exclusive', false),
    userIds,
    partyIds: partiesOf(body),
  })
  return { config_id: way.configId, ...(scene === 2 && { qr_code: qrCodeUrl(origin, way) }) }
}

/** @throws ApiRefusal 41043 without an id, 41044 for one that is no way of this corp */
function knownWay({ world, body }: Call): ContactWay {
  const configId = body.text('config_id')
  if (!configId) refuse(41043)
  return world.findContactWay(configId) ?? refuse(41044)
}

const show = (call: Call) => {
  const way = knownWay(call)
  return {
    contact_way: {
      config_id: way.configId,
      type: way.type,
      scene: way.scene,
      style: way.style,
      remark: way.remark,
      skip_verify: way.skipVerify,
      state: way.state,
      ...(way.scene === 2 && { qr_code: qrCodeUrl(call.origin, way) }),
      user: way.userIds,
      party: way.partyIds,
      is_temp: false,
      is_exclusive: way.isExclusive,
    },
  }
}

/** What is not said stays; members are said all together. */
function update(call: Call) {
  const { world, body } = call
  const way = knownWay(call)
  const style = readStyle(body, way)
  const hasUsers = body.texts('user') !== undefined || body.raw()['party'] !== undefined
  world.updateContactWay(way.configId, {
    ...readTexts(world, body),
    ...(style !== undefined && { style }),
    ...(hasUsers && { userIds: readUsers(world, body, way.type), partyIds: partiesOf(body) }),
    skipVerify: isTrue(body, 'skip_verify', way.skipVerify),
  })
  return {}
}

function remove(call: Call) {
  call.world.removeContactWay(knownWay(call).configId)
  return {}
}

function list({ world, body }: Call) {
  const now = Math.floor(world.now() / 1000)
  const until = body.number('end_time') ?? now
  const from = body.number('start_time') ?? until - 90 * daySeconds
  const { usualContactWaysPerPage, contactWaysPerPage } = world.limits()
  const limit = Math.min(body.number('limit') ?? usualContactWaysPerPage, contactWaysPerPage)
  const about = `contact ways ${from} ${until}`
  const start = Number(readCursor(about, body.text('cursor')) ?? 0)
  const ways = world.contactWays().filter(({ createdAt }) => createdAt >= from && createdAt <= until)
  const end = start + limit
  return {
    contact_way: ways.slice(start, end).map(({ configId }) => ({ config_id: configId })),
    ...(end < ways.length && { next_cursor: writeCursor(about, String(end)) }),
  }
}

/** The picture of a way's QR code; the sandbox draws it itself. */
const qrCodeUrl = (origin: string, { configId }: ContactWay) =>
  `${origin}/sandbox/contact-way/${configId}.svg`

export const contactWayEndpoints: Endpoints = {
  'externalcontact/add_contact_way': post(add),
  'externalcontact/get_contact_way': post(show),
  'externalcontact/list_contact_way': post(list),
  'externalcontact/update_contact_way': post(update),
  'externalcontact/del_contact_way': post(remove),
}
