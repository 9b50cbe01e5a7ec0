// Under another name than `html`, which the formatter would break over lines and so put blanks into the page.
import { html as markup } from 'hono/html'
import { encode } from 'uqr'
import { weekdayText } from '../../../shared/rules/civilDay.ts'
import { couponFace, throughText } from '../../../shared/rules/coupon.ts'
import { couponCodeText } from '../../../shared/rules/couponCode.ts'
import { conditionText } from '../../../shared/rules/couponCardText.ts'
import { couponHoursText } from '../../../shared/rules/couponHoursText.ts'
import { couponPicturePath } from './couponCard.ts'
import type { OfferSheet, PageStore } from './couponPage.repository.ts'
import { timeLeftText } from './couponPageScript.ts'
import { brandOf, facts, type Html } from './couponPageShell.ts'

/** Stores named at once; the others unfold. */
const NAMED_STORES = 3

/** An offer and the day by which it is told. */
export type ToldOffer = OfferSheet & { today: string }

/** Shop, giver and the large ticket. @param act what to do with it, below the perforation */
export function ticketOf(page: ToldOffer, isAlive: boolean, act: Html): Html {
  const { big } = couponFace(page.face)
  const brand = brandOf(facts([page.corpName, page.store?.name ?? '']), `${page.giverName}送给您的`)
  const name = page.name === big ? '' : markup`<p class="name">${page.name}</p>`
  return markup`${brand}
<section class="ticket${isAlive ? '' : ' closed'}">
<div class="face"><h1>${big}</h1>${name}<p class="for">${conditionText(page)}</p></div>
<div class="perf"></div>
<div class="act">${act}</div>
</section>`
}

/** What the shop says of it, with its picture. */
export function pitchOf({ landingText, pictureId }: OfferSheet): Html | string {
  if (landingText === '' && pictureId === null) return ''
  const picture =
    pictureId === null ? '' : markup`<img src="${couponPicturePath(pictureId)}" alt="" loading="lazy">`
  return markup`<section class="pitch">${picture}${landingText === '' ? '' : markup`<p>${landingText}</p>`}</section>`
}

/**
 * State, days, hours and stores as name and value, the terms below.
 * @param validity undefined of what was taken back or never given: when and where would tell her to come for nothing
 */
export function termsOf(page: ToldOffer, state: Html | string, validity: string | undefined): Html {
  if (validity === undefined) return markup`<dl>${line('状态', state)}</dl>`
  const hours = couponHoursText(page.hours)
  return markup`<dl>
${line('状态', state)}
${line('有效期', validity)}
${hours === '' ? '' : line('可用时间', hours)}
${line('门店', storesOf(page))}
${page.isStackable ? line('同享', '可与其他优惠一起用') : ''}
</dl>
${page.terms === '' ? '' : markup`<p class="sub terms">${page.terms}</p>`}`
}

const line = (name: string, value: string | Html): Html =>
  markup`<div><dt>${name}</dt><dd>${value}</dd></div>`

function storesOf({ stores, store }: OfferSheet): Html | string {
  if (stores.length === 0) return store ? markup`${placeOf(store)}<br>其他门店也可用` : '全部门店可用'
  const named = stores.slice(0, NAMED_STORES)
  const others = stores.slice(NAMED_STORES)
  const listOf = (places: PageStore[]) =>
    markup`<ul>${places.map(place => markup`<li>${placeOf(place)}</li>`)}</ul>`
  if (others.length === 0) return listOf(named)
  return markup`${listOf(named)}<details><summary>另有 ${others.length} 家门店</summary>${listOf(others)}</details>`
}

const placeOf = ({ name, address }: PageStore): Html => facts([name, address ?? ''])

/** `至11月22日 星期日，当天可用`; `至11月20日 星期五` once it cannot be used any more. */
export const lastDayText = (lastDay: string, today: string, isAlive: boolean): string =>
  `${throughText(lastDay, today)} ${weekdayText(lastDay)}${isAlive ? '，当天可用' : ''}`

/** Counts on where scripts run; the day itself stands below in any case. @param left with what is left as its end */
export function timeLeft(seconds: number | null, left = '还剩'): Html | string {
  if (seconds === null || seconds <= 0) return ''
  return markup`<p class="sub left">${left} <span role="timer" id="left" data-seconds="${Math.floor(seconds)}" data-over="时间刚刚到了">${timeLeftText(seconds)}</span></p>`
}

/** In groups of four that stay whole in large text; read out letter by letter. */
export function codeLine(code: string): Html {
  const groups = couponCodeText(code).split(' ')
  const spelled = groups.map(group => [...group].join(' ')).join('，')
  return markup`<p class="code" aria-hidden="true">${groups.map((group, index) => markup`${index === 0 ? '' : ' '}<span>${group}</span>`)}</p><p class="sr">核销码：${spelled}</p>`
}

/** The code as squares, one stretch of a path per run of dark ones; on white also in the dark, with the four modules around it that scanners ask for. */
export function qrCode(code: string): Html {
  const { data, size } = encode(code, { ecc: 'M', border: 0 })
  const stretches = data.flatMap((row, y) => {
    const found: string[] = []
    for (let x = 0; x < row.length; x++) {
      if (!row[x]) continue
      const from = x
      while (row[x + 1]) x++
      found.push(`M${from} ${y}h${x + 1 - from}v1H${from}z`)
    }
    return found
  })
  return markup`<svg class="qr" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges" role="img" aria-label="核销二维码，给店员扫"><path fill="#000" d="${stretches.join('')}"/></svg>`
}
