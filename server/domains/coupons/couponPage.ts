// Under another name than `html`, which the formatter would break over lines and so put blanks into the page.
import { html as markup, raw } from 'hono/html'
import { encode } from 'uqr'
import { nearDayText, weekdayText } from '../../../shared/rules/civilDay.ts'
import {
  COUPON_STATE_LABELS_FOR_CUSTOMER,
  couponCodeText,
  couponFace,
  isCouponAlive,
} from '../../../shared/rules/coupon.ts'
import { conditionText, couponTitle } from './couponCard.ts'
import type { CouponPage } from './coupons.service.ts'

type Html = ReturnType<typeof markup>

// The tokens of design that this page needs; the sidebar's own style sheet would weigh more than the page.
const style = `
:root{color-scheme:light dark;--page:#f5f4f3;--card:#fff;--sunk:#f2f0ee;--ink:#221d1e;--ink2:#5e5657;--ink3:#716869;--accent:#8a2a45;--fill:#8a2a45;--press:#6f2037;--line:#e3c3cb;--ok:#1f7547;--shadow:0 1px 2px rgba(50,25,30,.05)}
@media (prefers-color-scheme:dark){:root{--page:#151314;--card:#1f1c1d;--sunk:#2a2627;--ink:#f2edec;--ink2:#b9b0af;--ink3:#9c9392;--accent:#f0a6b4;--fill:#a23a56;--press:#8a2a45;--line:#5d3642;--ok:#79cb9a;--shadow:none}}
*{box-sizing:border-box}
html{font:100%/1.4 -apple-system,BlinkMacSystemFont,"PingFang SC","HarmonyOS Sans SC","MiSans","Microsoft YaHei","Noto Sans SC","Noto Sans CJK SC",sans-serif;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font-size:.9375rem;line-height:1.375rem;overflow-wrap:anywhere}
main{max-width:430px;margin:0 auto;padding:24px 16px calc(24px + env(safe-area-inset-bottom))}
h1,h2,p,dl,dd{margin:0}
.brand{display:flex;align-items:center;margin-bottom:20px}
.tile{flex:none;width:44px;height:44px;margin-right:10px;border-radius:10px;background:var(--fill);color:#fff;display:grid;place-items:center}
.brand b{display:block;font-weight:600}
.sub{font-size:.8125rem;line-height:1.1875rem;color:var(--ink2)}
.sp{display:inline-block;width:3px;height:3px;margin:0 6px;border-radius:50%;background:currentColor;vertical-align:middle;overflow:hidden;text-indent:9px}
svg.i{width:20px;height:20px;fill:none;stroke:currentColor;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}
.ticket{background:var(--card);border-radius:16px;box-shadow:var(--shadow)}
.face{padding:24px 20px 20px;text-align:center}
.face h1{font-size:2.25rem;line-height:2.6875rem;font-weight:600;color:var(--accent);font-variant-numeric:tabular-nums}
.face .name{font-weight:600;margin-top:4px}
.face .for{color:var(--ink2);margin-top:4px}
.closed h1{color:var(--ink3)}
.perf{position:relative;margin:0 16px;border-top:1px dashed var(--line)}
.perf:before,.perf:after{content:"";position:absolute;top:-8px;width:16px;height:16px;border-radius:50%;background:var(--page)}
.perf:before{left:-24px}.perf:after{right:-24px}
.act{padding:20px;text-align:center}
.act .sub{margin-top:10px}
button{width:100%;min-height:48px;padding:8px 16px;border:0;border-radius:10px;background:var(--fill);color:#fff;font:inherit;font-weight:600;cursor:pointer}
button:active{background:var(--press)}
button:focus{outline:2px solid var(--accent);outline-offset:2px}
.qr{display:block;width:168px;height:168px;margin:0 auto 16px;padding:12px;border-radius:10px;background:#fff}
.code{font-size:1.375rem;font-size:min(1.375rem,7vw);line-height:1.75rem;white-space:nowrap;font-weight:600;letter-spacing:.08em;font-variant-numeric:tabular-nums}
.end{font-size:1.0625rem;line-height:1.5rem;font-weight:600}
.done{color:var(--ok)}
.done svg.i{width:28px;height:28px;display:block;margin:0 auto 4px}
dl{margin:20px 4px 0;font-variant-numeric:tabular-nums}
dl div{display:flex;justify-content:space-between;margin-top:8px}
dt{flex:none;margin-right:16px;color:var(--ink2)}
dd{text-align:right}
.terms{margin:16px 4px 0}
`

const ring = raw(
  '<svg class="i" viewBox="0 0 20 20" aria-hidden="true"><path d="M15.2 12a5.2 5.2 0 1 1-10.4 0 5.2 5.2 0 0 1 10.4 0ZM7.8 2.5h4.4l1.4 1.8L10 6.8 6.4 4.3Z"/></svg>',
)
const check = raw(
  '<svg class="i" viewBox="0 0 20 20" aria-hidden="true"><path d="M4.5 10.5l3.8 3.8 7.2-8.1"/></svg>',
)

/**
 * The whole document. Works without scripts; `nonce` is that of the page's one style sheet. The answer's header says
 * no-referrer; within our own site the page says `same-origin`, else browsers would post the form with `Origin: null`.
 */
const documentOf = (nonce: string, title: string, body: Html): Html => markup`<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover">
<meta name="robots" content="noindex,nofollow">
<meta name="format-detection" content="telephone=no">
<meta name="referrer" content="same-origin">
<title>${title}</title>
<link rel="icon" href="/c/icon.png">
<style nonce="${nonce}">${raw(style)}</style>
</head>
<body><main>
${body}
</main></body>
</html>
`

/**
 * The customer's page of one coupon: by its state a button to claim, the code for the till, or a friendly word on how it ended.
 * It names the giver and the shop and nothing of the customer.
 * @param claimPath where the form is sent
 */
export function couponPageHtml(nonce: string, page: CouponPage, claimPath: string): Html {
  const { big } = couponFace(page.face)
  const shop = [page.corpName, page.store?.name ?? ''].filter(Boolean)
  // Whoever sees a reserved coupon has got its card, so to her it is issued.
  const state = COUPON_STATE_LABELS_FOR_CUSTOMER[page.state === 'reserved' ? 'issued' : page.state]
  const lines = [factLine('状态', state), factLine('有效期', validityText(page))]
  if (page.store) lines.push(factLine('门店', facts([page.store.name, page.store.address ?? ''])))
  return documentOf(
    nonce,
    couponTitle(page),
    markup`<header class="brand">
<span class="tile">${ring}</span>
<div><b>${facts(shop)}</b><span class="sub">${page.giverName}送给您的</span></div>
</header>
<section class="ticket${isCouponAlive(page.state) ? '' : ' closed'}">
<div class="face"><h1>${big}</h1>${page.name === big ? '' : markup`<p class="name">${page.name}</p>`}<p class="for">${conditionText(page)}</p></div>
<div class="perf"></div>
<div class="act">${actOf(page, claimPath)}</div>
</section>
<dl>${lines}</dl>
${page.terms ? markup`<p class="sub terms">${page.terms}</p>` : ''}`,
  )
}

/** Facts with a dot between them, which reads as a comma. */
const facts = (words: string[]): Html =>
  markup`${words.filter(Boolean).map((word, index) => (index === 0 ? word : markup`<i class="sp">，</i>${word}`))}`

const factLine = (name: string, value: string | Html): Html =>
  markup`<div><dt>${name}</dt><dd>${value}</dd></div>`

function actOf(page: CouponPage, claimPath: string): Html {
  if (page.state === 'reserved' || page.state === 'issued') {
    return markup`<form method="post" action="${claimPath}"><button type="submit">领取</button></form>
<p class="sub">${beforeClaim(page)}，不用留电话</p>`
  }
  if (page.state === 'claimed') {
    return markup`${qrCode(page.code)}
<p class="code">${couponCodeText(page.code)}</p><p class="sub">到店出示给店员即可</p>`
  }
  if (page.state === 'redeemed') {
    const day = page.redeemedOn ? nearDayText(page.redeemedOn, page.today) : ''
    return markup`<p class="end done">${check}${day}已使用</p><p class="sub">谢谢光临，祝您戴得开心</p>`
  }
  const { headline, advice } = endingOf(page)
  return markup`<p class="end">${headline}</p><p class="sub">${advice}</p>`
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

function validityText(page: CouponPage): string {
  const lastDay = page.expiresOn ?? (page.validity.kind === 'until' ? page.validity.day : null)
  return lastDay ? `${nearDayText(lastDay, page.today)} ${weekdayText(lastDay)} 前` : beforeClaim(page)
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
  return markup`<svg class="qr" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges" role="img" aria-label="核销码 ${couponCodeText(code)}"><path fill="#000" d="${stretches.join('')}"/></svg>`
}

/** A page of few words: what is the matter and what to do. */
export const noticePageHtml = (nonce: string, headline: string, advice: string): Html =>
  documentOf(
    nonce,
    headline,
    markup`<header class="brand"><span class="tile">${ring}</span><div><b>优惠券</b></div></header>
<section class="ticket"><div class="act"><p class="end">${headline}</p><p class="sub">${advice}</p></div></section>`,
  )
