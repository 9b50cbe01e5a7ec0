import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { XLSX_TYPE } from './purchases.ts'

/** Columns of a file of scripts, by their headers; the parts stand in 第1条 … 第9条. */
export const SCRIPT_COLUMNS = ['标题', '场合', '范围', '开始', '结束'] as const
export const MAX_IMPORTED_SCRIPTS = 5000

export const ScriptFileLine = z.object({
  line: z.number().int().meta({ description: '文件里的第几行，表头是第 1 行' }),
  title: z.string(),
  occasion: z.string(),
  scope: z.string(),
  parts: z.number().int(),
  change: z.enum(['new', 'changed', 'same']),
})
export type ScriptFileLine = z.infer<typeof ScriptFileLine>

export const ScriptFileError = z.object({
  line: z.number().int(),
  column: z.string().nullable().meta({ description: '表头里的名字' }),
  message: z.string(),
})
export type ScriptFileError = z.infer<typeof ScriptFileError>

/** What a file was understood as; nothing is written yet. */
export const ScriptImportPreview = z
  .object({
    ignored: z.array(z.string()).meta({ description: '不认识的列，不会导入' }),
    missing: z.array(z.string()).meta({ description: '缺的列' }),
    fresh: z.number().int(),
    changed: z.number().int().meta({ description: '同一范围里标题相同，会改成文件里的' }),
    same: z.number().int().meta({ description: '已经一模一样，不动' }),
    wrong: z.number().int().meta({ description: '有问题的行数' }),
    errors: z.array(ScriptFileError).meta({ description: '前 100 个问题' }),
    lines: z.array(ScriptFileLine).meta({ description: '前 50 行' }),
  })
  .meta({ id: 'ScriptImportPreview' })
export type ScriptImportPreview = z.infer<typeof ScriptImportPreview>

export const ScriptImport = z.object({
  added: z.number().int(),
  changed: z.number().int(),
  same: z.number().int(),
})
export type ScriptImport = z.infer<typeof ScriptImport>

const upload = { types: ['text/csv', XLSX_TYPE], maxBytes: 4 * 1024 * 1024 }

export const previewScriptImport = endpoint({
  id: 'previewScriptImport',
  method: 'post',
  path: '/script-imports/preview',
  summary: '看一个话术文件会被怎样认，不写入',
  upload,
  answer: ScriptImportPreview,
  status: 200,
  problems: ['forbidden', 'validation_failed'],
})

export const importScripts = endpoint({
  id: 'importScripts',
  method: 'post',
  path: '/script-imports',
  summary: '导入话术：要么全部写入，要么一条不写',
  upload,
  answer: ScriptImport,
  status: 201,
  idempotency: 'required',
  problems: ['forbidden', 'validation_failed'],
})

export const exportScripts = endpoint({
  id: 'exportScripts',
  method: 'get',
  path: '/script-export',
  summary: '导出我能改的话术，和导入的文件一个样子',
  query: z.object({ format: z.enum(['csv', 'xlsx']).default('xlsx') }),
  limited: 'export',
  download: ['text/csv', XLSX_TYPE],
  status: 200,
  problems: ['forbidden'],
})
