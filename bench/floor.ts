import { createServer, type Server } from 'node:http'
import { brotliCompressSync } from 'node:zlib'

/** The least a page could do: half a kilobyte of document and one API call, no framework. */
const page = `<!doctype html><meta charset=utf-8><meta name=viewport content="width=device-width"><title>floor</title><body><div id=profile hidden></div><script>
fetch('/api/card').then(r=>r.json()).then(c=>{const e=document.getElementById('profile');e.textContent=c.customer.profile.salutation||c.customer.name;e.hidden=false})
</script>`

/** Serves the floor page with the very answer the product's card gives. */
export async function startFloor(card: string): Promise<{ url: string; server: Server }> {
  const html = brotliCompressSync(page)
  const json = brotliCompressSync(card)
  const server = createServer((request, response) => {
    if (request.url === '/api/card') {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-encoding': 'br',
        'cache-control': 'no-store',
      })
      response.end(json)
      return
    }
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-encoding': 'br',
      'cache-control': 'no-store',
    })
    response.end(html)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`, server }
}
