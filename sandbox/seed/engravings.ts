import type { OfferChange } from '../../shared/contract/engravings.ts'
import { addDays, type CivilDay } from '../../shared/rules/civilDay.ts'
import type { PieceId } from '../../shared/rules/engravingPieces.ts'
import { wellKnown } from '../world/wellKnown.ts'
import { intentOf, type Rooms, type Served } from './rooms.ts'

/** What the jeweller asks for a piece, engraving included. */
const prices: Record<
  PieceId,
  Required<Pick<OfferChange, 'goldPriceFen' | 'platinumPriceFen' | 'details'>>
> = {
  roundPendant: { goldPriceFen: 428_000, platinumPriceFen: 238_000, details: '约 5.2 克，直径 18 mm' },
  barPendant: { goldPriceFen: 318_000, platinumPriceFen: 178_000, details: '约 3.8 克，长 28 mm' },
  ring: { goldPriceFen: 366_000, platinumPriceFen: 218_000, details: '约 4.5 克，宽 4 mm' },
  coupleRings: { goldPriceFen: 698_000, platinumPriceFen: 428_000, details: '一对约 8.6 克' },
  bangle: { goldPriceFen: 1_880_000, platinumPriceFen: 988_000, details: '约 23 克，内径 58 mm' },
  bracelet: { goldPriceFen: 286_000, platinumPriceFen: 168_000, details: '约 3.4 克，链长 16–18 cm' },
  babyLock: { goldPriceFen: 520_000, platinumPriceFen: null, details: '约 6.3 克，宽 26 mm' },
}

/** Prices of the drawn pieces, and a draft 婉清姐 has been told of: her mother's name on a round pendant. */
export async function seedEngravings(
  { engravings, people }: Pick<Rooms, 'engravings' | 'people'>,
  served: Served[],
  today: CivilDay,
): Promise<void> {
  const guide = served[0]?.guide
  if (!guide) return
  const admin = { ...guide, role: 'admin' } as const
  for (const { pieceId, version } of (await engravings.listOffers(guide)).offers)
    if (version === 0) await engravings.changeOffer(admin, pieceId, prices[pieceId], 0)

  const wanqing = served.find(({ externalUserId }) => externalUserId === wellKnown.liWanqing)
  if (!wanqing) return
  const family = await people.list(wanqing.guide, wanqing.externalUserId)
  await engravings.add(
    wanqing.guide,
    wanqing.externalUserId,
    {
      pieceId: 'roundPendant',
      metal: 'gold',
      face: 'front',
      font: 'song',
      lines: ['妈妈', ''],
      priceFen: prices.roundPendant.goldPriceFen,
      readyOn: addDays(today, 7),
      personId: family.people.find(({ relation }) => relation === 'mother')?.personId ?? null,
    },
    intentOf('addEngraving', wanqing.externalUserId),
  )
}
