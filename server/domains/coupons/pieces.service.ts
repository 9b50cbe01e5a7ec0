import type { CouponPiece, CouponPieces } from '../../../shared/contract/couponPieces.ts'
import type { CouponShare } from '../../../shared/contract/couponShares.ts'
import type { Page, PageQuery } from '../../../shared/contract/page.ts'
import { couponState } from '../../../shared/rules/coupon.ts'
import { normalizeCouponCode } from '../../../shared/rules/couponCode.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/db.ts'
import { Forbidden, NotFound } from '../../errors.ts'
import type { Sealing } from '../../sealing.ts'
import { createPageCursors, cutPage } from '../../pageCursor.ts'
import { createPiecesRepository, type ListedPiece } from './pieces.repository.ts'
import type { CouponSharesService } from './shares.service.ts'

/** The code's end: enough to tell two pieces apart, and not enough to use one. */
const CODE_END = 4

interface Deps {
  db: Db
  clock: Clock
  sealing: Pick<Sealing, 'seal' | 'open'>
  shares: Pick<CouponSharesService, 'listOpen'>
  timeZone: string
}

export type CouponPiecesService = ReturnType<typeof createCouponPiecesService>

/** What became of the pieces of a template, for whoever may take one back. */
export const createCouponPiecesService = ({ db, clock, sealing, shares, timeZone }: Deps) => {
  const repository = createPiecesRepository(db)
  const cursors = createPageCursors(sealing)

  function shown(piece: ListedPiece): CouponPiece {
    const { address, initial } = piece
    const state = couponState(piece.state, piece.expiresOn ?? undefined, clock.today(timeZone))
    return {
      couponId: piece.couponId,
      codeEnd: piece.code.slice(-CODE_END),
      state,
      by: piece.by,
      isFromGroup: piece.isFromGroup,
      customer:
        address !== null
          ? { address, isMasked: false }
          : initial !== null
            ? { address: `${initial}**`, isMasked: true }
            : null,
      issuedAt: piece.issuedAt.toISOString(),
      claimedAt: piece.claimedAt?.toISOString() ?? null,
      expiresOn: piece.expiresOn,
      redeemedAt: piece.redeemedAt?.toISOString() ?? null,
      mayRevoke: state === 'issued' || state === 'claimed',
    }
  }

  async function assertInScope(actor: StaffActor, templateId: string): Promise<void> {
    if (actor.role === 'guide') throw new Forbidden()
    if (!(await repository.isTemplateInScope(actor, templateId))) throw new NotFound()
  }

  return {
    /** @throws Forbidden for guides; NotFound for a template out of scope; Refusal cursor_invalid */
    async list(
      actor: StaffActor,
      templateId: string,
      asked: PageQuery & { which?: CouponPieces | undefined },
    ): Promise<Page<CouponPiece> & { shares: CouponShare[] }> {
      await assertInScope(actor, templateId)
      const { which, cursor, limit } = asked
      const listed = `couponPieces:${templateId}:${which ?? ''}`
      const [reservedAt, couponId] = cursor === undefined ? [] : cursors.read(actor, listed, cursor)
      const filter = {
        ...(which === undefined ? {} : { which }),
        ...(cursor === undefined
          ? {}
          : { before: { reservedAt: String(reservedAt), couponId: String(couponId) } }),
      }
      const found = await repository.list(actor, templateId, filter, limit + 1)
      const { rows, nextCursor } = cutPage(found, limit, ({ place, couponId: last }) =>
        cursors.write(actor, listed, [place, last]),
      )
      const isFirst = cursor === undefined && which === undefined
      return {
        items: rows.map(shown),
        nextCursor,
        shares: isFirst ? await shares.listOpen(actor, templateId) : [],
      }
    },

    /**
     * The piece of a whole code, however it is typed.
     * @throws Forbidden for guides; NotFound for a template out of scope, and for a code of another template or given by somebody out of scope
     */
    async find(actor: StaffActor, templateId: string, code: string): Promise<CouponPiece> {
      await assertInScope(actor, templateId)
      const [found] = await repository.list(actor, templateId, { code: normalizeCouponCode(code) }, 1)
      if (!found) throw new NotFound()
      return shown(found)
    },
  }
}
