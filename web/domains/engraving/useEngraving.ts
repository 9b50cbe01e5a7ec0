import { computed, reactive, ref, shallowRef, watch } from 'vue'
import type { Engraving, EngravingDraft, EngravingOffer } from '../../../shared/contract/engravings.ts'
import { monthDayText } from '../../../shared/rules/civilDay.ts'
import { yuanText } from '../../../shared/rules/coupon.ts'
import {
  engravingPiece,
  faceOf,
  fontLabels,
  USUAL_PRODUCTION_DAYS,
  type EngravingFont,
  type Metal,
  type PieceId,
} from '../../../shared/rules/engravingPieces.ts'
import { readyAfter, workdaysBefore, type Closure } from '../../../shared/rules/leadPlan.ts'
import { cellsOf, engravingTroubles, engravingTroubleText } from '../../../shared/rules/engravingText.ts'
import { addEngraving, changeEngraving, listOffers, putPicture } from '../../api/engravings.ts'
import { newIdempotencyKey } from '../../api/idempotencyKey.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { sendOutcomeWords } from '../sends/sendWords.ts'
import { useSend } from '../sends/useSend.ts'
import { useSessionStore } from '../session/session.store.ts'
import { drawEngraving, pictureOf, type DrawOutcome, type EngravingLook } from './engravingPicture.ts'
import type { EngravingStart } from './engravingStart.ts'
import { engravingMessage, engravingTitle, readPrice, timeText } from './engravingWords.ts'

/** One engraving in the making: chosen, written, looked at, kept, sent. */
export function useEngraving(start: EngravingStart, reopened?: Engraving) {
  const current = useCurrentCustomerStore()
  const session = useSessionStore()
  const sending = reactive(useSend())
  /** The customer it is made for, whoever comes into view later. */
  const { externalUserId } = current

  const look = reactive<EngravingLook & { lines: string[] }>(
    reopened
      ? { ...reopened, lines: [reopened.lines[0] ?? '', reopened.lines[1] ?? ''] }
      : { pieceId: 'roundPendant', face: 'front', metal: 'gold', font: 'song', lines: ['', ''] },
  )
  const piece = computed(() => engravingPiece(look.pieceId))
  const face = computed(() => faceOf(piece.value, look.face))
  if (!reopened) look.lines[0] = start.suggestions.find(fits) ?? ''

  function fits(line: string): boolean {
    return cellsOf(line) <= face.value.area.maxCells
  }

  const offers = shallowRef<EngravingOffer[]>([])
  const offer = computed(() => offers.value.find(({ pieceId }) => pieceId === look.pieceId))
  const price = ref(reopened?.priceFen == null ? '' : yuanText(reopened.priceFen))
  const readyOn = ref(reopened?.readyOn ?? '')
  /** What the guide has typed herself is not overwritten by what the shop usually asks. */
  const isOwn = reactive({ price: reopened !== undefined, readyOn: false })

  const closures = shallowRef<readonly Closure[]>([])
  const today = computed(() => current.card?.today ?? session.today)
  const workdays = computed(() => offer.value?.productionDays ?? USUAL_PRODUCTION_DAYS)
  /** Ordered now, by the workshop's days; a draft of long ago promises nothing that cannot be kept any more. */
  const earliest = computed(() => readyAfter(today.value, workdays.value, closures.value))

  function showOffer(): void {
    const fen = look.metal === 'gold' ? offer.value?.goldPriceFen : offer.value?.platinumPriceFen
    if (!isOwn.price) price.value = fen == null ? '' : yuanText(fen)
    if (!isOwn.readyOn) {
      const stood = reopened?.pieceId === look.pieceId ? reopened.readyOn : null
      readyOn.value = stood !== null && stood > earliest.value ? stood : earliest.value
    }
  }
  watch(() => [look.pieceId, look.metal, offers.value], showOffer, { immediate: true })
  // Without prices it is a preview all the same.
  const offersLoaded = listOffers().then(
    found => {
      closures.value = found.closures
      offers.value = found.offers
    },
    () => undefined,
  )

  const { occasion } = start
  const lastOrderOn = computed(() =>
    occasion ? workdaysBefore(occasion.day, workdays.value, closures.value) : null,
  )
  const deadline = computed(() =>
    occasion && lastOrderOn.value !== null && lastOrderOn.value >= today.value && !isOwn.readyOn
      ? { name: occasion.name, lastOrderOn: lastOrderOn.value }
      : null,
  )
  /** It will not be there for the day it is made for: said before it goes out. */
  const lateText = computed(() => {
    if (!occasion || readyOn.value === '' || readyOn.value <= occasion.day) return ''
    return `赶不上${occasion.name}（${monthDayText(occasion.day)}）了，现在定${monthDayText(readyOn.value)}可取，现货更稳`
  })

  function choosePiece(pieceId: PieceId): void {
    look.pieceId = pieceId
    look.face = engravingPiece(pieceId).faces[0].face
    isOwn.price = isOwn.readyOn = false
  }
  function chooseMetal(metal: Metal): void {
    look.metal = metal
    isOwn.price = false
  }

  const drawn = shallowRef<DrawOutcome>()
  const lines = computed(() => look.lines.slice(0, face.value.area.maxLines).map(line => line.trim()))
  const troubles = computed(() => engravingTroubles(face.value.area, lines.value))
  /** What keeps it from being kept or sent, in words; empty when nothing does. */
  const blocker = computed(() => {
    const [trouble] = troubles.value
    if (trouble) return engravingTroubleText(trouble)
    if (drawn.value?.kind === 'missing') return missingText(look.font, drawn.value.glyphs)
    if (drawn.value?.kind === 'unreadable') return '字太多，刻上去看不清，去掉一两个字'
    if (readPrice(price.value) === undefined) return '价格写成数字，如 4280，最多 100 万'
    return ''
  })

  const draft = computed<EngravingDraft>(() => ({
    pieceId: look.pieceId,
    metal: look.metal,
    face: face.value.face,
    font: look.font,
    lines: lines.value,
    priceFen: readPrice(price.value) ?? null,
    readyOn: readyOn.value === '' ? null : readyOn.value,
    personId: start.person?.personId ?? null,
  }))
  const time = computed(() =>
    timeText({ readyOn: draft.value.readyOn, deadline: deadline.value }, today.value),
  )
  const message = computed(() => engravingMessage(draft.value, current.address, time.value))

  const isBusy = ref(false)
  const trouble = ref('')
  const kept = shallowRef<Engraving | undefined>(reopened)
  let keptAs = reopened ? JSON.stringify(draft.value) : ''
  let key = newIdempotencyKey()
  /** The version whose picture the server has. */
  let pictured: number | undefined
  watch(draft, () => {
    key = newIdempotencyKey()
    trouble.value = ''
    sending.reset()
  })

  /** @returns the draft as the server has it now */
  async function keep(customer: string, wanted: EngravingDraft): Promise<Engraving> {
    const asked = JSON.stringify(wanted)
    if (kept.value && asked === keptAs) return kept.value
    const saved = kept.value
      ? await changeEngraving(customer, kept.value, wanted)
      : await addEngraving(customer, wanted, key)
    kept.value = saved
    keptAs = asked
    pictured = undefined
    return saved
  }

  /** Runs with the customer it was begun for still in view. @returns whether it worked */
  async function doing(what: string, work: (customer: string) => Promise<boolean>): Promise<boolean> {
    if (isBusy.value || blocker.value !== '' || !externalUserId) return false
    isBusy.value = true
    trouble.value = ''
    try {
      if (!(await current.confirmStillHere({ kind: 'customer', externalUserId, canSend: true }))) return false
      return await work(externalUserId)
    } catch (error) {
      trouble.value = `${problemTitle(error)}，${what}`
      return false
    } finally {
      isBusy.value = false
    }
  }

  const save = () =>
    doing('还没有存好', async customer => {
      await keep(customer, draft.value)
      return true
    })

  /** Keeps it, draws it, and sends picture and words in this order: all as they were when it was tapped. */
  const send = () => {
    const wanted = draft.value
    const words = message.value
    const tapped = { ...look, lines: [...look.lines] }
    return doing('没有发出', async customer => {
      const engraving = await keep(customer, wanted)
      if (pictured !== engraving.version) {
        const canvas = document.createElement('canvas')
        const outcome = await drawEngraving(canvas, tapped)
        if (outcome.kind !== 'drawn') {
          drawn.value = outcome
          return false
        }
        await putPicture(customer, engraving, await pictureOf(canvas))
        pictured = engraving.version
      }
      return sending.send({
        title: engravingTitle(wanted, start.person?.isMinor ?? false),
        parts: [{ kind: 'text', text: words }],
        script: null,
        reminderId: start.reminderId,
        engravingId: engraving.engravingId,
      })
    })
  }

  /** What became of the last attempt, and what is safe. */
  const outcome = computed(() => {
    const said = trouble.value || sendOutcomeWords(sending.state)
    return said !== '' && kept.value ? `${said}；这份刻字已存好` : said
  })

  return {
    look,
    piece,
    face,
    offers,
    offer,
    offersLoaded,
    price,
    readyOn,
    typedPrice: () => void (isOwn.price = true),
    typedDay: () => void (isOwn.readyOn = true),
    choosePiece,
    chooseMetal,
    fits,
    drawn,
    blocker,
    deadline,
    lateText,
    message,
    kept,
    isBusy,
    outcome,
    sending,
    externalUserId,
    save,
    send,
  }
}

function missingText(font: EngravingFont, glyphs: string[]): string {
  const named = glyphs.map(glyph => `「${glyph}」`).join('')
  const hint = font === 'song' ? '换一个字' : '换宋体试试'
  return `${fontLabels[font]}里没有${named}，${hint}`
}
