// Under another name than `html`, which the formatter would break over lines and so put blanks into the page.
import { html as markup } from 'hono/html'
import { encode } from 'uqr'
import { nearDayText, weekdayText } from '../../../shared/rules/civilDay.ts'
import {
  COUPON_STATE_LABELS_FOR_CUSTOMER,
  couponCodeText,
  couponFace,
  isCouponAlive,
} from '../../../shared/rules/coupon.ts'
import { conditionText, couponTitle } from './couponCard.ts'
import type { CouponPage } from './couponPage.service.ts'
import { timeLeftText } from './couponPageScript.ts'
import { brandOf, check, documentOf, facts, type Html } from './couponPageShell.ts'

/**
 * The customer's page of one coupon: by its state a button to claim, the code for the till, or a friendly word on how it ended.
 * It names the giver and the shop and nothing of the customer.
 * @param claimPath where the form is sent
 */
export function couponPageHtml(nonce: string, page: CouponPage, claimPath: string): Html {
  const { big } = couponFace(page.face)
  const state = stateText(page)
  return documentOf(
    nonce,
    `${couponTitle(page)} · ${state}`,
    markup`${brandOf(facts([page.corpName, page.store?.name ?? '']), `${page.giverName}送给您的`)}
<section class="ticket${isCouponAlive(page.state) ? '' : ' closed'}">
<div class="face"><h1>${big}</h1>${page.name === big ? '' : markup`<p class="name">${page.name}</p>`}<p class="for">${conditionText(page)}</p></div>
<div class="perf"></div>
<div class="act">${actOf(page, claimPath)}</div>
</section>
<dl>${linesOf(page, state)}</dl>
${page.terms ? markup`<p class="sub terms">${page.terms}</p>` : ''}
${page.state === 'claimed' ? markup`<p class="sub keep">点右上角「···」收藏这一页，到店好找</p>` : ''}`,
  )
}

// Whoever sees a reserved coupon has got its card, so to her it is issued.
const stateText = ({ state }: CouponPage): string =>
  COUPON_STATE_LABELS_FOR_CUSTOMER[state === 'reserved' ? 'issued' : state]

function linesOf(page: CouponPage, state: string): Html[] {
  const lines = [
    factLine('状态', page.state === 'claimed' ? markup`<span class="ok">${state}</span>` : state),
    factLine('有效期', validityText(page)),
  ]
  if (page.store) lines.push(factLine('门店', facts([page.store.name, page.store.address ?? ''])))
  return lines
}

const factLine = (name: string, value: string | Html): Html =>
  markup`<div><dt>${name}</dt><dd>${value}</dd></div>`

function actOf(page: CouponPage, claimPath: string): Html {
  if (page.state === 'reserved' || page.state === 'issued') {
    return markup`<form method="post" action="${claimPath}"><button type="submit">领取</button></form>
<p class="sub">${beforeClaim(page)}，不用留电话</p>${timeLeft(page)}`
  }
  if (page.state === 'claimed') {
    return markup`${qrCode(page.code)}
${codeLine(page.code)}
<p class="sub">到店出示给店员即可</p>${timeLeft(page)}`
  }
  if (page.state === 'redeemed') {
    const day = page.redeemedOn ? nearDayText(page.redeemedOn, page.today) : ''
    return markup`<h2 class="done">${check}${day}已使用</h2><p class="sub">谢谢光临，祝您戴得开心</p>`
  }
  const { headline, advice } = endingOf(page)
  return markup`<h2>${headline}</h2><p class="sub">${advice}</p>`
}

function endingOf(page: CouponPage): { headline: string; advice: string } {
  const ask = `在聊天里问问${page.giverName}`
  if (page.state === 'expired') return { headline: '这张券已经过期', advice: `还想要的话，${ask}` }
  if (page.state === 'revoked') return { headline: '这张券已经收回', advice: `有疑问可以${ask}` }
  return page.isSoldOut
    ? { headline: '这张券已经发完', advice: `${ask}，看看还有没有别的` }
    : { headline: '这张券没有送出', advice: `${ask}，请再发一次就好` }
}

function beforeClaim({ validity, today }: CouponPage): string {
  return validity.kind === 'until'
    ? `${nearDayText(validity.day, today)}前有效`
    : `领取后 ${validity.days} 天内有效`
}

const validityText = (page: CouponPage): string =>
  page.lastDay
    ? `${nearDayText(page.lastDay, page.today)} ${weekdayText(page.lastDay)} 前`
    : beforeClaim(page)

/** Counts on where scripts run; the day itself stands below in any case. */
const timeLeft = ({ secondsLeft }: CouponPage): Html | string =>
  secondsLeft === null || secondsLeft <= 0
    ? ''
    : markup`<p class="sub left">还剩 <span role="timer" id="left" data-seconds="${Math.floor(secondsLeft)}" data-over="刚刚到期了">${timeLeftText(secondsLeft)}</span></p>`

/** In groups of four that stay whole in large text; read out letter by letter. */
function codeLine(code: string): Html {
  const groups = couponCodeText(code).split(' ')
  const spelled = groups.map(group => [...group].join(' ')).join('，')
  return markup`<p class="code" aria-hidden="true">${groups.map((group, index) => markup`${index === 0 ? '' : ' '}<span>${group}</span>`)}</p><p class="sr">核销码：${spelled}</p>`
}

/** The code as squares, one stretch of a path per run of dark ones; white also in the dark, for scanners. */
function qrCode(code: string): Html {
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
