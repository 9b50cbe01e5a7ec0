import { randomUUID } from 'node:crypto'
import {
  COUPON_PICTURE_MAX_BYTES,
  type CouponTemplate,
  type CouponTemplateChange,
  type CouponTemplateDraft,
  type CouponTemplateState,
} from '../../../shared/contract/couponTemplates.ts'
import { canBecome, promiseTroubles, templateTroubles } from '../../../shared/rules/couponTemplate.ts'
import type { Actor, StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Conflict, Forbidden, Invalid, NotFound, Refusal, VersionConflict } from '../../errors.ts'
import { appendAudit } from '../audit/appendAudit.ts'
import { contentTypeOf } from '../media/contentType.ts'
import type { MediaContent, MediaService } from '../media/media.service.ts'
import { couponPicturePath } from './couponCard.ts'
import { poolCount, restock, totalOf, type Pool } from './pools.ts'
import { createStockRepository } from './stock.repository.ts'
import {
  createTemplatesRepository,
  type HeldTemplate,
  type ShownTemplate,
  type TemplateContent,
} from './templates.repository.ts'

/** Templates of a corp that have not been stopped. */
const MAX_OPEN = 300
const MAX_PICTURES = 1000
/** Tiers that can be chosen from. */
const TIERS_SHOWN = 50
/** Templates one list shows. */
const LISTED = 500

interface Deps {
  db: Db
  clock: Clock
  media: Pick<MediaService, 'put' | 'find'>
  timeZone: string
}

/** A template that is installed by a name, once per corp, and runs at once. */
export type InstalledTemplate = Pick<
  TemplateContent,
  'name' | 'face' | 'validity' | 'terms' | 'stock' | 'perPerson' | 'sort'
> &
  Partial<TemplateContent> & { seedKey?: string }

export type CouponTemplatesService = ReturnType<typeof createCouponTemplatesService>

/** What the shop has to give: an admin's for all stores, a manager's for her own. */
export const createCouponTemplatesService = ({ db, clock, media, timeZone }: Deps) => {
  const today = () => clock.today(timeZone)

  async function get(actor: StaffActor, templateId: string): Promise<CouponTemplate> {
    const [found] = await createTemplatesRepository(db).list(actor, { templateId }, 1)
    if (!found) throw new NotFound()
    return toTemplate(found)
  }

  /** @throws NotFound for one she does not see, Forbidden for one she may only give */
  async function hold(tx: Tx, actor: StaffActor, templateId: string): Promise<HeldTemplate> {
    const held = await createTemplatesRepository(tx).hold(actor, templateId)
    if (!held) throw new NotFound()
    if (!held.mayChange) throw new Forbidden()
    return held
  }

  /** Our numbers of the stores, of which a manager must name some, and only her own. @throws Invalid */
  async function ownStores(tx: Tx, actor: StaffActor, departmentIds: readonly number[]): Promise<number[]> {
    const byDepartment = await createTemplatesRepository(tx).storesOf(actor, departmentIds)
    const storeIds = [...new Set(departmentIds)].map(departmentId => byDepartment.get(departmentId))
    const mayName = (storeId: number | undefined): storeId is number =>
      storeId !== undefined && (actor.role === 'admin' || actor.managedStoreIds.includes(storeId))
    const named = storeIds.filter(mayName)
    if (named.length < storeIds.length) throw new Invalid([{ path: 'storeIds', message: '没有这家门店' }])
    if (actor.role !== 'admin' && named.length === 0)
      throw new Invalid([{ path: 'storeIds', message: '写明是您的哪几家门店' }])
    return named.sort((a, b) => a - b)
  }

  async function assertPicture(tx: Tx, actor: StaffActor, pictureId: string | null): Promise<void> {
    if (pictureId === null) return
    const picture = await createTemplatesRepository(tx).findPicture(pictureId)
    if (picture?.corpId !== actor.corpId)
      throw new Invalid([{ path: 'pictureId', message: '没有这张图片，再传一次' }])
  }

  function assertSound(content: TemplateContent): void {
    const troubles = templateTroubles(content, today())
    if (troubles.length > 0) throw new Invalid(troubles)
  }

  /** Writes the stock, and whether it may be taken, into the pools, all of which this transaction holds. @throws Invalid */
  async function settleStock(
    tx: Tx,
    templateId: string,
    pools: readonly Pool[],
    { stock, state }: { stock: number; state: CouponTemplateState },
  ): Promise<void> {
    const repository = createStockRepository(tx)
    const live = totalOf(pools, 'live')
    if (stock < live) throw new Invalid([{ path: 'stock', message: `已经占用 ${live} 张，不能再少` }])
    // What one pool was enough for, as all had before there were several, is divided when anything is changed.
    const isSame = stock === totalOf(pools, 'stock') && pools.length >= poolCount(stock)
    await repository.writePools(templateId, isSame ? pools : restock(pools, stock), state === 'running')
  }

  return {
    get,

    /**
     * Adds a template that runs at once. With a `seedKey` it may be repeated: what is there stays as it is.
     * @throws Forbidden for guides.
     * @returns the template's id
     */
    async install(actor: Actor, { seedKey, ...given }: InstalledTemplate): Promise<string> {
      if (actor.kind === 'staff' && actor.role === 'guide') throw new Forbidden()
      const templateId = randomUUID()
      const isAdded = await db.transaction(async tx => {
        const added = await createTemplatesRepository(tx).insert(
          { corpId: actor.corpId, staffId: actor.kind === 'staff' ? actor.staffId : null },
          { ...plain, ...given, templateId, seedKey: seedKey ?? null, state: 'running' },
          clock.now(),
        )
        if (added) await settleStock(tx, templateId, [], { stock: given.stock, state: 'running' })
        return added
      })
      return isAdded || seedKey === undefined
        ? templateId
        : createTemplatesRepository(db).getIdOfSeed(actor.corpId, seedKey)
    },

    async list(
      actor: StaffActor,
      which: { state?: CouponTemplateState | undefined },
    ): Promise<{ templates: CouponTemplate[] }> {
      const found = await createTemplatesRepository(db).list(actor, which, LISTED)
      return { templates: found.map(toTemplate) }
    },

    /** What members have written as tiers of the corp's customers. @throws Forbidden for guides */
    async listTiers(actor: StaffActor): Promise<{ tiers: string[] }> {
      if (actor.role === 'guide') throw new Forbidden()
      return { tiers: await createTemplatesRepository(db).listTiers(actor, TIERS_SHOWN) }
    },

    /** @throws Forbidden for guides; Invalid with the path of what is wrong; Refusal('limit_reached') */
    async add(
      actor: StaffActor,
      draft: CouponTemplateDraft,
      intent: Intent | undefined,
    ): Promise<CouponTemplate> {
      if (actor.role === 'guide') throw new Forbidden()
      const { templateId } = await once(db, actor, intent, clock.now(), async tx => {
        const content = { ...draft, storeIds: await ownStores(tx, actor, draft.storeIds) }
        assertSound(content)
        await assertPicture(tx, actor, content.pictureId)
        const repository = createTemplatesRepository(tx)
        if ((await repository.countOpen(actor.corpId)) >= MAX_OPEN)
          throw new Refusal('limit_reached', { detail: `最多 ${MAX_OPEN} 种，先停掉不用的` })
        const added = { ...content, templateId: randomUUID(), seedKey: null, state: 'draft' as const }
        await repository.insert(actor, added, clock.now())
        await settleStock(tx, added.templateId, [], added)
        await appendAudit(tx, {
          actor,
          at: clock.now(),
          action: 'couponTemplateChanged',
          subject: { kind: 'couponTemplate', id: added.templateId },
          detail: { from: null, to: added.state },
        })
        return { templateId: added.templateId }
      })
      return get(actor, templateId)
    },

    /**
     * Content, stock and state. What its holders were promised stands (`promiseTroubles`); pausing and stopping hold from the
     * moment this is answered.
     * @param version the one that was seen
     * @throws NotFound, Forbidden, VersionConflict; Conflict for a state it cannot come to; Invalid as `add`
     */
    async change(
      actor: StaffActor,
      templateId: string,
      { storeIds, state: nextState, ...change }: CouponTemplateChange,
      version: number,
      intent?: Intent,
    ): Promise<CouponTemplate> {
      if (actor.role === 'guide') throw new Forbidden()
      await once(db, actor, intent, clock.now(), async tx => {
        const held = await hold(tx, actor, templateId)
        if (held.version !== version) throw new VersionConflict()
        const state = nextState ?? held.state
        if (!canBecome(held.state, state)) throw new Conflict('state_conflict')
        const content = {
          ...held,
          ...change,
          state,
          storeIds: storeIds === undefined ? held.storeIds : await ownStores(tx, actor, storeIds),
        }
        const isOver = state === 'stopped' || state === 'paused'
        if (!isOver || Object.keys(change).length > 0) assertSound(content)
        // Behind the pools: whoever was just taking a piece has it by now.
        const pools = await createStockRepository(tx).lockPools(templateId)
        const isIssued = held.isIssued || (await createTemplatesRepository(tx).isIssued(templateId))
        const troubles = isIssued ? promiseTroubles(held, content) : []
        if (troubles.length > 0) throw new Invalid(troubles)
        await assertPicture(tx, actor, content.pictureId)
        await createTemplatesRepository(tx).change(actor, templateId, content, clock.now())
        await settleStock(tx, templateId, pools, content)
        await appendAudit(tx, {
          actor,
          at: clock.now(),
          action: 'couponTemplateChanged',
          subject: { kind: 'couponTemplate', id: templateId },
          detail: {
            from: held.state,
            to: state,
            fields: [...Object.keys(change), ...(storeIds === undefined ? [] : ['storeIds'])],
          },
        })
        return { templateId }
      })
      return get(actor, templateId)
    },

    /** A picture for templates of the corp. @throws Forbidden for guides; Invalid for no picture; Refusal('limit_reached') */
    async addPicture(
      actor: StaffActor,
      { bytes }: { bytes: Uint8Array },
      intent: Intent | undefined,
    ): Promise<{ pictureId: string; url: string }> {
      if (actor.role === 'guide') throw new Forbidden()
      const type = contentTypeOf(bytes)
      if (type !== 'image/jpeg' && type !== 'image/png')
        throw new Invalid([{ path: 'file', message: '图片要 JPG 或 PNG' }])
      if (bytes.length > COUPON_PICTURE_MAX_BYTES)
        throw new Invalid([{ path: 'file', message: '图片最大 512 KB' }])
      const { pictureId } = await once(db, actor, intent, clock.now(), async tx => {
        const repository = createTemplatesRepository(tx)
        if ((await repository.countPictures(actor)) >= MAX_PICTURES)
          throw new Refusal('limit_reached', { detail: `最多 ${MAX_PICTURES} 张图片` })
        const content = { kind: 'image', name: 'coupon', contentType: type, bytes } as const
        const added = await media.put(tx, actor.corpId, content, 'kept')
        await repository.insertPicture(actor, added, clock.now())
        return { pictureId: added }
      })
      return { pictureId, url: couponPicturePath(pictureId) }
    },

    /** The bytes of a template's picture, for anybody who knows its number; undefined when there is none. */
    async findPicture(pictureId: string): Promise<MediaContent | undefined> {
      const picture = await createTemplatesRepository(db).findPicture(pictureId)
      return picture && media.find(picture.corpId, pictureId)
    },
  }
}

/** What a template that says nothing about it has. */
const plain = {
  hours: [],
  perGuidePerDay: null,
  storeIds: [],
  tiers: [],
  occasions: [],
  isStackable: false,
  landingText: '',
  pictureId: null,
} satisfies Partial<TemplateContent>

const toTemplate = (found: ShownTemplate): CouponTemplate => ({
  templateId: found.templateId,
  name: found.name,
  face: found.face,
  validity: found.validity,
  hours: found.hours,
  stock: found.stock,
  perPerson: found.perPerson,
  perGuidePerDay: found.perGuidePerDay,
  storeIds: found.stores.map(store => store.departmentId),
  stores: found.stores,
  tiers: found.tiers,
  occasions: found.occasions,
  isStackable: found.isStackable,
  landingText: found.landingText,
  pictureId: found.pictureId,
  pictureUrl: found.pictureId === null ? null : couponPicturePath(found.pictureId),
  terms: found.terms,
  sort: found.sort,
  state: found.state,
  issuer: found.issuer,
  live: found.live,
  stockLeft: Math.max(0, found.stock - found.live),
  pieces: found.pieces,
  isIssued: found.isIssued,
  mayChange: found.mayChange,
  changedBy: found.changedBy,
  changedAt: found.changedAt.toISOString(),
  version: found.version,
})
