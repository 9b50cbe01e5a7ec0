// Under another name than `html`, which the formatter would break over lines and so put blanks into the page.
import { html as markup, raw } from 'hono/html'
import { couponPageScript } from './couponPageScript.ts'
import { couponPageWatch } from './couponPageWatch.ts'

export type Html = ReturnType<typeof markup>

// The tokens of design that this page needs; the sidebar's own style sheet would weigh more than the page. WeChat's web views
// go back to Chrome 57 and Safari 10: no grid, no `gap`, no `min()` without something before it.
const style = `
:root{color-scheme:light dark;--page:#f5f4f3;--card:#fff;--sunk:#f2f0ee;--ink:#221d1e;--ink2:#5e5657;--ink3:#716869;--accent:#8a2a45;--fill:#8a2a45;--press:#6f2037;--line:#e3c3cb;--ok:#1f7547;--warn:#8f5a00;--warns:#fbf2df;--shadow:0 1px 2px rgba(50,25,30,.05)}
@media (prefers-color-scheme:dark){:root{--page:#151314;--card:#1f1c1d;--sunk:#2a2627;--ink:#f2edec;--ink2:#b9b0af;--ink3:#9c9392;--accent:#f0a6b4;--fill:#a23a56;--press:#8a2a45;--line:#5d3642;--ok:#79cb9a;--warn:#e5b566;--warns:#332818;--shadow:none}}
*{box-sizing:border-box}
html{font:100%/1.4 -apple-system,BlinkMacSystemFont,"PingFang SC","HarmonyOS Sans SC","MiSans","Microsoft YaHei","Noto Sans SC","Noto Sans CJK SC",sans-serif;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font-size:.9375rem;line-height:1.375rem;word-wrap:break-word;overflow-wrap:anywhere}
main{max-width:430px;margin:0 auto;padding:24px 16px;padding-bottom:calc(24px + env(safe-area-inset-bottom))}
h1,h2,p,dl,dd,ul{margin:0;padding:0}
h2,.end{font-size:1.0625rem;line-height:1.5rem;font-weight:600}
ul{list-style:none}
.brand{display:flex;align-items:center;margin-bottom:20px}
.brand div{min-width:0}
.tile{flex:none;width:44px;height:44px;margin-right:10px;padding:12px;border-radius:10px;background:var(--fill);color:#fff}
.brand b{display:block;font-weight:600}
.sub{font-size:.8125rem;line-height:1.1875rem;color:var(--ink2)}
.sp{display:inline-block;width:3px;height:3px;margin:0 6px;border-radius:50%;background:currentColor;vertical-align:middle;overflow:hidden;text-indent:9px}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0);white-space:nowrap}
svg.i{display:block;width:20px;height:20px;fill:none;stroke:currentColor;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}
.ticket,.pitch{background:var(--card);border-radius:16px;box-shadow:var(--shadow)}
.face{padding:24px 20px 20px;text-align:center}
.face h1{font-size:2.25rem;line-height:2.6875rem;font-weight:600;color:var(--accent);font-variant-numeric:tabular-nums}
.face .name{font-weight:600;margin-top:4px}
.face .for{color:var(--ink2);margin-top:4px}
.closed h1{color:var(--ink3)}
.perf{position:relative;margin:0 16px;border-top:1px dashed var(--line)}
.perf:before,.perf:after{content:"";position:absolute;top:-8px;width:16px;height:16px;border-radius:50%;background:var(--page)}
.perf:before{left:-24px}.perf:after{right:-24px}
.act{padding:20px;text-align:center}
.act .sub{margin-top:8px}
.act .left{margin-top:8px;font-variant-numeric:tabular-nums}
button{display:block;width:100%;min-height:48px;padding:8px 16px;border:0;border-radius:10px;background:var(--fill);color:#fff;font:inherit;font-weight:600;cursor:pointer}
button:active{background:var(--press)}
button.quiet{min-height:44px;margin-top:16px;border:1px solid var(--line);background:none;color:var(--accent)}
button:focus,summary:focus,a:focus{outline:2px solid var(--accent);outline-offset:2px}
.back{display:inline-block;margin-top:8px;line-height:44px;color:var(--accent)}
.qr{display:block;width:200px;height:200px;margin:0 auto 16px;padding:28px;border-radius:10px;background:#fff}
.code{font-size:1.375rem;line-height:1.75rem;font-weight:600;letter-spacing:.08em;font-variant-numeric:tabular-nums;-webkit-user-select:all;user-select:all}
@media (max-width:340px){.code{font-size:1.125rem}}
.code span{display:inline-block;white-space:nowrap}
.wait{margin:0 0 16px;padding:8px 12px;border-radius:10px;background:var(--warns);color:var(--warn)}
.done{color:var(--ok)}
.done svg.i{width:28px;height:28px;margin:0 auto 4px}
.ok{color:var(--ok)}
.pitch{margin-top:16px;overflow:hidden}
.pitch img{display:block;width:100%;height:45vw;max-height:194px;object-fit:cover;background:var(--sunk)}
.pitch p{padding:12px 16px;white-space:pre-line}
dl{margin:16px 4px 0;font-variant-numeric:tabular-nums}
dl div{display:flex;justify-content:space-between;margin-top:8px}
dt{flex:none;margin-right:16px;color:var(--ink2)}
dd{min-width:0;text-align:right}
dd li+li,dd details{margin-top:4px}
summary{min-height:44px;line-height:44px;color:var(--accent);cursor:pointer}
.terms{margin:16px 4px 0;white-space:pre-line}
.keep{margin:16px 4px 0}
`

export const ring = raw(
  '<svg class="i" viewBox="0 0 20 20" aria-hidden="true"><path d="M15.2 12a5.2 5.2 0 1 1-10.4 0 5.2 5.2 0 0 1 10.4 0ZM7.8 2.5h4.4l1.4 1.8L10 6.8 6.4 4.3Z"/></svg>',
)
export const check = raw(
  '<svg class="i" viewBox="0 0 20 20" aria-hidden="true"><path d="M4.5 10.5l3.8 3.8 7.2-8.1"/></svg>',
)

/**
 * The whole document. Everything on it works without scripts; `nonce` is that of the page's one style sheet and one script.
 * The answer's header says no-referrer; within our own site the page says `same-origin`, else browsers would post the form
 * with `Origin: null`.
 * @param watched of a coupon: its state, and what is said when an open page comes to it
 */
export const documentOf = (
  nonce: string,
  title: string,
  body: Html,
  watched?: { state: string; said: string },
): Html => markup`<!doctype html>
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
<div id="page"${watched ? markup` data-state="${watched.state}" data-said="${watched.said}"` : ''}>
${body}
</div>
<p class="sr" role="status" id="said"></p>
</main><script nonce="${nonce}">${raw(couponPageScript + couponPageWatch)}</script></body>
</html>
`

/** Facts with a dot between them, which reads as a comma. */
export const facts = (words: string[]): Html =>
  markup`${words.filter(Boolean).map((word, index) => (index === 0 ? word : markup`<i class="sp">，</i>${word}`))}`

/** Whose page it is. @param line the second line, absent where there is nothing to say */
export const brandOf = (shop: Html | string, line?: string): Html => markup`<header class="brand">
<span class="tile">${ring}</span>
<div><b>${shop}</b>${line ? markup`<span class="sub">${line}</span>` : ''}</div>
</header>`

/** A page of few words: what is the matter and what to do. @param back where the way back leads, if there is one */
export const noticePageHtml = (nonce: string, headline: string, advice: string, back?: string): Html =>
  documentOf(
    nonce,
    headline,
    markup`${brandOf('优惠券')}
<section class="ticket"><div class="act"><h1 class="end">${headline}</h1><p class="sub">${advice}</p>${back ? markup`<p><a class="back" href="${back}">回到券的页面</a></p>` : ''}</div></section>`,
  )
