// Under another name than `html`, which the formatter would break over lines and so put blanks into the page.
import { html as markup } from 'hono/html'
import { beforeClaimText, couponTitle } from '../../../shared/rules/couponCardText.ts'
import type { SharePage } from './couponPage.service.ts'
import { lastDayText, pitchOf, termsOf, ticketOf, timeLeft } from './couponPageParts.ts'
import { documentOf, type Html } from './couponPageShell.ts'

/** States of a group's link in the customer's words. */
const STATE_LABELS = {
  open: '等您领取',
  paused: '暂停领取',
  soldOut: '已领完',
  tier: '会员专享',
  over: '已结束',
  withdrawn: '已收回',
  expired: '已过期',
  notSent: '已失效',
} as const satisfies Record<SharePage['status'], string>

/**
 * The page of a group's link: one piece for each person. Who has one already is on its own page; who is not known yet may be one of
 * those, so every ending keeps a way to her own.
 * @param claimPath where the form is sent
 * @param isGoing she has just been made known in order to claim: the form goes by itself where scripts run
 */
export function sharePageHtml(nonce: string, page: SharePage, claimPath: string, isGoing: boolean): Html {
  const state = STATE_LABELS[page.status]
  return documentOf(
    nonce,
    `${couponTitle(page)} · ${state}`,
    markup`${ticketOf(page, page.status === 'open', actOf(page, claimPath, isGoing))}
${pitchOf(page)}
${termsOf(page, state, validityOf(page))}`,
  )
}

function validityOf(page: SharePage): string | undefined {
  if (page.status === 'withdrawn' || page.status === 'notSent') return undefined
  return page.status === 'expired' && page.lastDay
    ? lastDayText(page.lastDay, page.today, false)
    : beforeClaimText(page)
}

function actOf(page: SharePage, claimPath: string, isGoing: boolean): Html {
  if (page.status === 'open') {
    const going = isGoing ? markup` data-go="1"` : ''
    return markup`<form method="post" action="${claimPath}"${going}><button type="submit">领取</button></form>
<p class="sub">一人一张，还有 ${page.free} 张，不用留电话</p>${timeLeft(page.secondsLeft, '领取还剩')}`
  }
  const { headline, advice } = endingOf(page)
  const own = page.isKnown
    ? ''
    : markup`<form method="post" action="${claimPath}"><button type="submit" class="quiet">我领过，打开我的券</button></form>`
  return markup`<h2>${headline}</h2><p class="sub">${advice}</p>${own}`
}

function endingOf({ status, giverName }: SharePage): { headline: string; advice: string } {
  const ask = `在群里问问${giverName}`
  switch (status) {
    case 'paused':
      return { headline: '现在暂停领取', advice: `过些时候再来看看，或者${ask}` }
    case 'soldOut':
      return { headline: '这次的券已经领完', advice: `${ask}，看看还有没有别的` }
    case 'tier':
      return { headline: '这些券送给指定等级的会员', advice: `想知道怎么成为会员，${ask}` }
    case 'over':
      return { headline: '领取时间已经过了', advice: `还想要的话，${ask}` }
    case 'withdrawn':
      return { headline: '这些券已经收回', advice: `领过的还能用，还没领到的，${ask}` }
    case 'expired':
      return { headline: '这些券已经过期', advice: `还想要的话，${ask}` }
    default:
      return { headline: '这些券没有送出', advice: `${ask}，请再发一次就好` }
  }
}
