import { afterEach, expect, it, vi } from 'vitest'

vi.mock('../../web/firstQuestion.ts', () => ({ opening: Promise.resolve({ contact: undefined }) }))
vi.mock('../../web/main.ts', () => {
  throw new TypeError('Failed to fetch dynamically imported module')
})

afterEach(() => {
  vi.restoreAllMocks()
  document.body.innerHTML = ''
})

it('says that nothing opened when the part that draws does not come, and begins anew on a tap', async () => {
  document.body.innerHTML = '<div id="app"></div>'
  const reload = vi.spyOn(location, 'reload').mockImplementation(() => undefined)
  await import('../../web/entry.ts')
  await vi.waitFor(() => expect(document.querySelector('#app [role=alert]')).not.toBeNull())
  expect(document.querySelector('[role=alert] p')?.textContent).toBe('网络不通，没打开')
  expect(reload).not.toHaveBeenCalled()
  const again = document.querySelector('button')
  expect(again?.textContent).toBe('再试')
  again?.click()
  expect(reload).toHaveBeenCalledOnce()
})
