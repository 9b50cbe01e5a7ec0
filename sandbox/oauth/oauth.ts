import { Hono } from 'hono'
import { html } from 'hono/html'
import { getCookie } from 'hono/cookie'
import { isCustomersPage, PHONE_COOKIE } from '../customersPhone.ts'
import { DEVICE_COOKIE } from '../deviceCookie.ts'
import type { World } from '../world/types.ts'

/** Why the login cannot go on, in words a developer can act on. */
interface Hindrance {
  errcode: number
  reason: string
}

interface Authorization {
  redirect: URL
  state: string
}

const scopes = ['snsapi_base', 'snsapi_privateinfo']

/**
 * WeCom's silent in-app login [D91022, D91335]: sends the device's member back to `redirect_uri` with a single-use
 * code. Both scopes pass without a consent page. `sandbox_user` names the member for callers that are no device.
 * On the way to a customer's page it is WeChat on the customer's phone that answers, for whoever holds it
 * (`sandbox_customer` for callers without a phone). A request that WeCom would refuse gets a page saying why, never a redirect.
 */
export function oauthRoutes(world: World): Hono {
  return new Hono().get('/authorize', context => {
    const asked = readAuthorization(world, name => context.req.query(name))
    if ('reason' in asked) return context.html(refusalPage(asked), 400)
    const { redirect, state } = asked
    const sendBack = (code: string) => {
      redirect.searchParams.set('code', code)
      if (state !== '') redirect.searchParams.set('state', state)
      return context.redirect(redirect.href, 302)
    }
    if (isCustomersPage(redirect.pathname)) {
      const holder = context.req.query('sandbox_customer') ?? getCookie(context, PHONE_COOKIE)
      if (holder === undefined || !isOutsider(world, holder))
        return context.html(refusalPage(notInWeChat), 400)
      return sendBack(world.issueOutsiderCode(holder, redirect.host))
    }
    const userId = context.req.query('sandbox_user') ?? deviceUser(world, getCookie(context, DEVICE_COOKIE))
    if (userId === undefined) return context.html(refusalPage(notInWeCom), 400)
    const member = world.findMember(userId)
    if (!member) return context.html(refusalPage({ errcode: 60111, reason: `没有成员 ${userId}` }), 400)
    return sendBack(world.issueCode(member.userId, redirect.host))
  })
}

const notInWeCom: Hindrance = { errcode: 40029, reason: '请先打开沙盒窗口，再从那里打开这个页面。' }

const notInWeChat: Hindrance = { errcode: 40029, reason: '请在沙盒窗口右边「客户的手机」里点开这个页面。' }

/** Customers, and strangers who are only in a group of ours. */
const isOutsider = (world: World, id: string) =>
  world.findCustomer(id) !== undefined ||
  world.groups().some(({ members }) => members.some(member => member.type === 2 && member.id === id))

const deviceUser = (world: World, deviceId: string | undefined) => deviceId && world.device(deviceId).userId

function readAuthorization(
  world: World,
  query: (name: string) => string | undefined,
): Authorization | Hindrance {
  const { corpId, agentId, trustedDomains } = world.corp
  if (query('appid') !== corpId) return { errcode: 40013, reason: `appid 应是 ${corpId}。` }
  if (query('response_type') !== 'code') return { errcode: 40035, reason: 'response_type 应是 code。' }
  if (!scopes.includes(query('scope') ?? ''))
    return { errcode: 40035, reason: `scope 应是 ${scopes.join(' 或 ')}。` }
  const agent = query('agentid')
  if (agent !== undefined && agent !== String(agentId))
    return { errcode: 40056, reason: `agentid 应是 ${agentId}。` }
  const state = query('state') ?? ''
  if (!/^[a-zA-Z0-9]{0,128}$/.test(state)) {
    return { errcode: 84025, reason: 'state 只能是字母和数字，最多 128 个字节。' }
  }
  const redirect = webAddress(query('redirect_uri') ?? '')
  if (!redirect) return { errcode: 40035, reason: 'redirect_uri 不是完整的网址。' }
  // The host with its port must equal a trusted domain exactly; no parents, no wildcards [D91335].
  if (!trustedDomains.includes(redirect.host)) {
    return { errcode: 50001, reason: `${redirect.host} 不在可信域名里（${trustedDomains.join('、')}）。` }
  }
  return { redirect, state }
}

function webAddress(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url && ['http:', 'https:'].includes(url.protocol) ? url : undefined
}

const refusalPage = ({ errcode, reason }: Hindrance) =>
  html`<!doctype html>
    <html lang="zh-CN">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>无法登录 · 沙盒</title>
        <style>
          body {
            margin: 0;
            min-height: 100vh;
            display: grid;
            place-content: center;
            gap: 8px;
            padding: 24px;
            font:
              16px/1.6 system-ui,
              'PingFang SC',
              'Microsoft YaHei',
              sans-serif;
            color: #2b2b2b;
            background: #f1f0ef;
            text-align: center;
          }
          h1 {
            margin: 0;
            font-size: 18px;
          }
          p {
            margin: 0;
            overflow-wrap: anywhere;
          }
          small {
            color: #666;
          }
        </style>
      </head>
      <body>
        <h1>这次没能登录</h1>
        <p>${reason}</p>
        <small>沙盒模拟企业微信 · ${errcode}</small>
      </body>
    </html>`
