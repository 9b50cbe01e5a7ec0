import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProduct, type Product } from '../support/startProduct.ts'

/** The product with its clock set to an instant, from where it runs on; `stop` also takes the clock's file away. */
export async function startProductAt(
  instant: string,
  prepare: (control: Product['control']) => Promise<void>,
): Promise<Product> {
  const folder = await mkdtemp(join(tmpdir(), 'guidebar-clock-'))
  const clock = join(folder, 'clock')
  await writeFile(clock, `${instant}+running`)
  const product = await startProduct({ env: { CLOCK_FILE: clock }, prepare })
  return {
    ...product,
    async stop() {
      await product.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
