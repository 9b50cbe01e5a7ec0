import { Hono } from 'hono'
import { renderSVG } from 'uqr'
import type { World } from '../world/types.ts'

/** The pictures `qr_code` names: a code of what WeChat would read, gone with its way. */
export const contactWayPictures = (world: World): Hono =>
  new Hono().get('/:name{[0-9a-f]{32}\\.svg}', context => {
    const configId = context.req.param('name').slice(0, -'.svg'.length)
    if (!world.findContactWay(configId)) return context.body(null, 404)
    const svg = renderSVG(`https://work.weixin.qq.com/u/${configId}`, { border: 2 })
    return context.body(svg, 200, { 'content-type': 'image/svg+xml', 'cache-control': 'no-store' })
  })
