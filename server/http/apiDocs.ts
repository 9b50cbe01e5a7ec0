import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import { html, raw } from 'hono/html'
import type { AppEnv } from './env.ts'
import { pagePolicy } from './securityHeaders.ts'

/** As much of an OpenAPI document as the page reads. */
interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  enum?: unknown[]
  const?: unknown
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  default?: unknown
}
interface Operation {
  operationId?: string
  summary?: string
  tags?: string[]
  parameters?: { name: string; in: string; required?: boolean; schema?: Schema }[]
  requestBody?: { content?: Record<string, { schema?: Schema }> }
  responses?: Record<string, { description?: string; content?: Record<string, { schema?: Schema }> }>
}
export interface ApiDocument {
  info?: { title?: string }
  paths?: Record<string, Record<string, Operation>>
  components?: { schemas?: Record<string, Schema> }
}

/** `/api/docs`: the OpenAPI document for people, in one page that loads nothing. */
export async function apiDocsPage(c: Context<AppEnv>, document: ApiDocument): Promise<Response> {
  const nonce = randomBytes(16).toString('base64')
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const tags = [...new Set(operations.map(({ operation }) => operation.tags?.[0] ?? ''))]
  const groups = tags.map(
    tag => [tag, operations.filter(({ operation }) => (operation.tags?.[0] ?? '') === tag)] as const,
  )
  const schemas = Object.entries(document.components?.schemas ?? {})
  c.header('Content-Security-Policy', pagePolicy(nonce))
  return c.html(
    html`<!doctype html>
      <html lang="zh-CN">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>${document.info?.title ?? ''} API</title>
          <link rel="icon" href="data:," />
          <style nonce="${nonce}">
            ${raw(STYLE)}
          </style>
        </head>
        <body>
          <h1>${document.info?.title ?? ''} API</h1>
          <p>
            机器读的版本：<a href="/api/openapi.json">/api/openapi.json</a
            >。请求需要登录后的会话；修改要带本站的 Origin。
          </p>
          <nav>${tags.map(tag => html`<a href="#${tag}">${tag}</a> `)}</nav>
          ${groups.map(
            ([tag, found]) =>
              html`<h2 id="${tag}">${tag}</h2>
                ${found.map(({ path, method, operation }) => operationPart(path, method, operation))}`,
          )}
          <h2 id="schemas">schemas</h2>
          ${schemas.map(
            ([name, schema]) =>
              html`<details id="schema-${name}">
                <summary><b>${name}</b></summary>
                <pre>${notation(schema)}</pre>
              </details>`,
          )}
        </body>
      </html>`,
  )
}

function operationPart(path: string, method: string, operation: Operation) {
  const body = operation.requestBody?.content?.['application/json']?.schema
  return html`<details id="${operation.operationId ?? ''}">
    <summary>
      <code class="method">${method.toUpperCase()}</code> <code>${path}</code>
      <span>${operation.summary ?? ''}</span>
    </summary>
    ${(operation.parameters ?? []).map(
      ({ name, in: place, required, schema }) =>
        html`<p>
          <code>${name}${required ? '' : '?'}</code> <i>${place}</i> ${schema ? notation(schema) : ''}
        </p>`,
    )}
    ${
      body
        ? html`<h3>body</h3>
            <pre>${notation(body)}</pre>`
        : ''
    }
    ${Object.entries(operation.responses ?? {}).map(([status, { description, content }]) => {
      const schema = content?.['application/json']?.schema
      return html`<h3>${status} <small>${description ?? ''}</small></h3>
        ${schema ? html`<pre>${notation(schema)}</pre>` : ''}`
    })}
  </details>`
}

/** A schema in the notation of TypeScript: `{ name: string, tier: string | null }`. */
function notation(schema: Schema, indent = ''): string {
  if (schema.$ref) return schema.$ref.split('/').at(-1) ?? ''
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map(value => JSON.stringify(value)).join(' | ')
  const several = schema.anyOf ?? schema.oneOf
  if (several) return several.map(each => notation(each, indent)).join(' | ')
  if (schema.allOf) return schema.allOf.map(each => notation(each, indent)).join(' & ')
  if (schema.type === 'array') return `${schema.items ? notation(schema.items, indent) : 'unknown'}[]`
  if (schema.properties) {
    const inner = `${indent}  `
    const fields = Object.entries(schema.properties).map(([name, field]) => {
      const mark = schema.required?.includes(name) ? '' : '?'
      const note = field.description ? `  // ${field.description}` : ''
      return `${inner}${name}${mark}: ${notation(field, inner)}${note}`
    })
    return `{\n${fields.join('\n')}\n${indent}}`
  }
  const type = Array.isArray(schema.type) ? schema.type.join(' | ') : (schema.type ?? 'unknown')
  return `${type}${schema.format ? ` (${schema.format})` : ''}${limitsOf(schema)}`
}

function limitsOf({ minLength, maxLength, minimum, maximum, default: usual }: Schema): string {
  const range = (low: number | undefined, high: number | undefined) =>
    low === undefined && high === undefined ? [] : [`${low ?? ''}…${high ?? ''}`]
  const words = [...range(minLength, maxLength), ...range(minimum, maximum)]
  if (usual !== undefined) words.push(`= ${JSON.stringify(usual)}`)
  return words.length > 0 ? ` [${words.join(', ')}]` : ''
}

const STYLE = `
:root{color-scheme:light dark;--paper:#faf8f5;--ink:#2a2422;--soft:#6f6662;--line:#e4deda;--garnet:#8c2f39}
@media (prefers-color-scheme:dark){:root{--paper:#1c1917;--ink:#ece5e0;--soft:#a79d97;--line:#3a3430;--garnet:#d98a93}}
body{max-width:960px;margin:0 auto;padding:24px 16px 64px;background:var(--paper);color:var(--ink);font:15px/24px -apple-system,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
a{color:var(--garnet)}h1{font-size:22px}h2{margin:32px 0 8px;font-size:17px;border-bottom:1px solid var(--line)}h3{margin:12px 0 4px;font-size:14px}
small,i,summary span{color:var(--soft);font-weight:400;font-style:normal}summary{cursor:pointer;padding:6px 0}
.method{display:inline-block;min-width:52px;color:var(--garnet);font-weight:600}
details details,details[open]{padding-bottom:8px}p{margin:4px 0}pre{margin:4px 0;padding:12px;overflow:auto;border:1px solid var(--line);border-radius:8px;font-size:13px;line-height:20px}`
