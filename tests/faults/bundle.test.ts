import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BUNDLE, BUNDLE_SOURCES, serverEntry, type BundleSources } from '../../server/bundle.js'
import { version } from '../../server/version.ts'
import { signIn } from '../support/signIn.ts'
import { startProduct, type Product } from '../support/startProduct.ts'

const root = join(import.meta.dirname, '..', '..')

let product: Product
beforeAll(async () => {
  product = await startProduct({ env: { METRICS_TOKEN: 'the-token-of-whoever-watches' }, isDirect: true })
})
afterAll(() => product?.stop())

describe('the server as it is built', () => {
  it('is what a start runs, and knows its own sources by their places in the project', () => {
    expect(serverEntry(root)).toBe(BUNDLE)
    const { files } = JSON.parse(readFileSync(join(root, BUNDLE_SOURCES), 'utf8')) as BundleSources
    expect(files).toEqual(
      expect.arrayContaining(['package-lock.json', 'server/main.ts', 'server/version.ts']),
    )
    expect(files.filter(file => !/^(server|shared)\/.+\.ts$|^package-lock\.json$/.test(file))).toEqual([])
  })

  it('is ready, shows a card, and finds what lies outside it: migrations, the dictionary of sounds, its version', async () => {
    expect(await (await fetch(`${product.serverUrl}/readyz`)).json()).toMatchObject({ ready: true })
    const guide = await signIn([product.serverUrl], 'chenlu')
    const [followed] = await product.query<{ external: string; searchKey: string }>(
      `select c.external_user_id as external, f.search_key as "searchKey"
       from follows f join customers c using (customer_id) join staff s using (staff_id)
       where s.user_id = 'chenlu' and f.status = 'active' and f.search_key ~ '[|][a-z]' limit 1`,
    )
    const card = await guide.ask('GET', `/api/customers/${followed?.external}/card`)
    expect([card.status, JSON.stringify(card.body)]).toEqual([
      200,
      expect.stringContaining(`${followed?.external}`),
    ])

    const metrics = await fetch(`${product.serverUrl}/metrics`, {
      headers: { Authorization: 'Bearer the-token-of-whoever-watches' },
    })
    expect(await metrics.text()).toContain(`version="${version}"`)
  })
})
