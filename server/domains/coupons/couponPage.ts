// Under another name than `html`, which the formatter would break over lines and so put blanks into the page.
import { html as markup } from 'hono/html'
import { civilDayOf, nearDayText } from '../../../shared/rules/civilDay.ts'
import { COUPON_STATE_LABELS_FOR_CUSTOMER, isCouponAlive, throughText } from '../../../shared/rules/coupon.ts'
import { beforeClaimText, couponTitle } from '../../../shared/rules/couponCardText.ts'
import { couponHoursText } from '../../../shared/rules/couponHoursText.ts'
import { isWithinHours } from '../../../shared/rules/couponRedeem.ts'
import { timeOfDayOf } from '../../../shared/rules/noticeTime.ts'
import type { CouponPage } from './couponPage.service.ts'
import { codeLine, lastDayText, pitchOf, qrCode, termsOf, ticketOf, timeLeft } from './couponPageParts.ts'
import { check, documentOf, facts, type Html } from './couponPageShell.ts'

/**
 * The customer's page of one coupon: by its state a button to claim, the code for the till, or a friendly word on how it ended.
 * It names the giver and the shop and nothing of the customer.
 * @param claimPath where the form is sent
 */
export function couponPageHtml(nonce: string, page: CouponPage, claimPath: string): Html {
  // Whoever sees a reserved coupon has got its card, so to her it is issued.
  const state = COUPON_STATE_LABELS_FOR_CUSTOMER[page.state === 'reserved' ? 'issued' : page.state]
  const validity = validityOf(page)
  const told = page.state === 'claimed' ? markup`<span class="ok">${state}</span>` : state
  return documentOf(
    nonce,
    `${couponTitle(page)} · ${state}`,
    markup`${ticketOf(page, isCouponAlive(page.state), actOf(page, claimPath))}
${page.state === 'claimed' ? markup`<p class="sub keep">点右上角「···」收藏这一页，到店好找</p>` : ''}
${pitchOf(page)}
${termsOf(page, told, validity)}`,
    { state: page.state, said: saidOf(page) },
  )
}

/** None of what was taken back or never given; a day to claim by where there are days from the claim on, and a last day else. */
function validityOf(page: CouponPage): string | undefined {
  if (page.state === 'revoked' || page.state === 'released') return undefined
  if (page.lastDay === null) return beforeClaimText(page)
  return isToClaim(page) && page.validity.kind === 'daysAfterClaim'
    ? `${beforeClaimText(page)}，${throughText(page.lastDay, page.today)}可领取`
    : lastDayText(page.lastDay, page.today, isCouponAlive(page.state))
}

const isToClaim = ({ state }: CouponPage): boolean => state === 'reserved' || state === 'issued'

/** Read out when an open page turns into this one. */
function saidOf(page: CouponPage): string {
  if (page.state === 'redeemed') return ['已使用', ...useOf(page)].join('，')
  if (page.state === 'claimed') return '这张券现在又可以用了'
  return isCouponAlive(page.state) ? '' : endingOf(page).headline
}

/** When and where it was used. */
function useOf({ redeemed, today, timeZone }: CouponPage): string[] {
  if (!redeemed) return []
  const millis = redeemed.at.getTime()
  const day = civilDayOf(millis, timeZone)
  const when = `${day === today ? '今天' : nearDayText(day, today)} ${timeOfDayOf(millis, timeZone)}`
  return redeemed.store === null ? [when] : [when, redeemed.store]
}

function actOf(page: CouponPage, claimPath: string): Html {
  if (isToClaim(page)) {
    const left = page.validity.kind === 'daysAfterClaim' ? '领取还剩' : '还剩'
    return markup`<form method="post" action="${claimPath}"><button type="submit">领取</button></form>
<p class="sub">${beforeClaimText(page)}，不用留电话</p>${laterStart(page) ? '' : timeLeft(page.secondsLeft, left)}`
  }
  if (page.state === 'claimed') {
    const wait = waitText(page)
    return markup`${wait === '' ? '' : markup`<p class="sub wait">${wait}</p>`}${qrCode(page.code)}
${codeLine(page.code)}
<p class="sub">到店出示给店员即可</p>${laterStart(page) ? '' : timeLeft(page.secondsLeft)}`
  }
  if (page.state === 'redeemed') {
    return markup`<h2 class="done">${check}已使用</h2><p>${facts(useOf(page))}</p><p class="sub">谢谢光临，祝您戴得开心</p>`
  }
  const { headline, advice } = endingOf(page)
  return markup`<h2>${headline}</h2><p class="sub">${advice}</p>`
}

/** Its first day, while that is still to come: until then a count to its end would be taken for one to its beginning. */
function laterStart({ validity, today }: CouponPage): string | undefined {
  const from = validity.kind === 'until' ? validity.from : undefined
  return from !== undefined && from > today ? from : undefined
}

/** Why the code would not be taken at this moment, and when it will; empty when nothing stands against it. */
function waitText(page: CouponPage): string {
  const { today, hours, now } = page
  const from = laterStart(page)
  if (from !== undefined) return `${nearDayText(from, today)}起可用，先收藏好`
  return isWithinHours(hours, now.weekday, now.minute)
    ? ''
    : `现在不在可用时间，${couponHoursText(hours)} 可用`
}

function endingOf(page: CouponPage): { headline: string; advice: string } {
  const ask = `在聊天里问问${page.giverName}`
  if (page.state === 'expired') return { headline: '这张券已经过期', advice: `还想要的话，${ask}` }
  if (page.state === 'revoked') return { headline: '这张券已经收回', advice: `有疑问可以${ask}` }
  return page.isSoldOut
    ? { headline: '这张券已经发完', advice: `${ask}，看看还有没有别的` }
    : { headline: '这张券没有送出', advice: `${ask}，请再发一次就好` }
}
