import { computed, reactive, ref, shallowRef } from 'vue'
import type { z } from 'zod'
import {
  ScriptContent,
  type ManagedScript,
  type ScriptVersion,
} from '../../../shared/contract/scriptLibrary.ts'
import type { Occasion, ScriptPart, ScriptScope } from '../../../shared/contract/scripts.ts'
import { scriptTroubles, stoppingVariables } from '../../../shared/rules/checkScript.ts'
import { ApiError } from '../../api/apiError.ts'
import { addScript, changeScript } from '../../api/scriptLibrary.ts'
import { problemReason } from '../../ui/problemTitle.ts'
import { useForm } from '../../ui/useForm.ts'
import { useDraft } from '../drafts/useDraft.ts'

export const MAX_PARTS = 9

/** A part being written, with a name of its own that it keeps when it moves. */
export interface EditedPart {
  key: number
  part: ScriptPart
}

interface Draft {
  title: string
  /** '' as long as none was chosen */
  occasion: Occasion | ''
  scope: ScriptScope
  storeId: number | null
  /** '' for none */
  effectiveFrom: string
  effectiveUntil: string
  parts: EditedPart[]
}

/** What was written and not saved, and over which version. */
interface Kept extends Omit<Draft, 'parts'> {
  parts: ScriptPart[]
  version: number | null
}

let keys = 0
const edited = (part: ScriptPart): EditedPart => ({ key: ++keys, part: { ...part } })

/** A new part of a kind, with nothing in it. */
export function emptyPart(kind: ScriptPart['kind']): ScriptPart {
  switch (kind) {
    case 'text':
      return { kind, text: '' }
    case 'news':
      return { kind, title: '', description: '', link: '', imageUrl: null }
    case 'miniprogram':
      return { kind, appId: '', title: '', page: '', imageUrl: null }
    case 'file':
      return { kind, assetId: '', name: '' }
    default:
      return { kind, assetId: '' }
  }
}

const fieldWords: Record<string, string> = {
  title: '标题要写，最多 40 个字',
  occasion: '选一个，要用的时候才找得到',
  text: '这一条还没有字，或超过 600 字',
  'news.title': '卡片标题要写，最多 60 个字',
  'miniprogram.title': '卡片标题要写，最多 60 个字',
  description: '说明最多 120 个字',
  link: '地址要以 https:// 开头',
  imageUrl: '图片地址要以 https:// 开头',
  assetId: '还没有传上',
  name: '文件名最多 80 个字',
  appId: '小程序 AppID 是 wx 加 16 位',
  page: '页面路径要以 .html 结尾',
  effectiveFrom: '日子不对',
  effectiveUntil: '日子不对',
}

/** One script being written: what it says, what is wrong with it, and saving it. */
export function useScriptEditor(
  script: ManagedScript | undefined,
  start: {
    /** Where it is written: a new one begun there waits there. */
    area: 'console' | 'own'
    /** Whose a new one may be, the likeliest first. */
    scopes: readonly ScriptScope[]
    storeId: number | null
  },
) {
  const base = shallowRef(script)
  const begun = (): Draft => ({
    title: script?.title ?? '',
    occasion: script?.occasion ?? '',
    scope: script?.scope ?? start.scopes[0] ?? 'personal',
    storeId: script ? script.storeId : start.storeId,
    effectiveFrom: script?.effectiveFrom ?? '',
    effectiveUntil: script?.effectiveUntil ?? '',
    parts: (script?.parts ?? [emptyPart('text')]).map(edited),
  })
  const draft = reactive<Draft>(begun())
  const content = (): Omit<z.input<typeof ScriptContent>, 'occasion'> & Pick<Draft, 'occasion'> => ({
    title: draft.title,
    occasion: draft.occasion,
    parts: draft.parts.map(({ part }) => part),
    effectiveFrom: draft.effectiveFrom || null,
    effectiveUntil: draft.effectiveUntil || null,
  })
  const saved = ref(JSON.stringify(content()))
  const isChanged = computed(() => JSON.stringify(content()) !== saved.value)

  /** The script was changed by somebody since the draft was begun. */
  const isOther = ref(false)
  const id = `script:${script?.scriptId ?? `new:${start.area}`}`
  const kept = useDraft<Kept>('editor', () => id, {
    read: () =>
      isChanged.value
        ? { ...draft, parts: draft.parts.map(({ part }) => part), version: base.value?.version ?? null }
        : undefined,
    restore({ parts, version, scope, storeId, ...words }) {
      isOther.value = version !== (base.value?.version ?? null)
      // Whom it is for cannot be seen or changed where it may not be: the words come, the receivers do not.
      const owner = !script && start.scopes.includes(scope) ? { scope, storeId } : {}
      Object.assign(draft, { ...words, ...owner, parts: parts.map(edited) })
    },
    clear: () => void Object.assign(draft, begun()),
  })

  /** What is wrong, by path: the first of each. Blank fields are told only once saving was tried. */
  const troubles = computed(() => {
    const found = new Map<string, string>()
    const note = (path: string, words: string) => found.has(path) || found.set(path, words)
    for (const { path, message } of scriptTroubles(content().parts)) note(path, message)
    const parsed = ScriptContent.safeParse(content())
    for (const { path } of parsed.error?.issues ?? []) {
      const field = String(path.at(-1))
      const kind = path[0] === 'parts' ? draft.parts[Number(path[1])]?.part.kind : undefined
      note(path.join('.'), fieldWords[`${kind}.${field}`] ?? fieldWords[field] ?? '这一项不对')
    }
    const { effectiveFrom, effectiveUntil } = draft
    if (effectiveFrom && effectiveUntil && effectiveUntil < effectiveFrom)
      note('effectiveUntil', '结束不能早于开始')
    if (draft.scope === 'store' && draft.storeId === null) note('storeId', '选一家门店')
    return found
  })
  const wasTried = ref(false)
  const refused = shallowRef(new Map<string, string>())
  const troubleAt = (path: string): string | undefined => {
    const words = refused.value.get(path) ?? troubles.value.get(path)
    if (wasTried.value || refused.value.has(path)) return words
    // Before the first try only what was written and is wrong.
    return scriptTroubles(content().parts).find(trouble => trouble.path === path && trouble.code !== 'blank')
      ?.message
  }

  const form = useForm(async (_: undefined, key: string): Promise<ManagedScript> => {
    const known = base.value
    const body = ScriptContent.parse(content())
    if (known) return changeScript(known.scriptId, body, known.version)
    const { scope, storeId } = draft
    return addScript({ ...body, scope, storeId: scope === 'store' ? storeId : null }, key)
  })

  async function save(): Promise<ManagedScript | undefined> {
    wasTried.value = true
    refused.value = new Map()
    if (troubles.value.size > 0) return undefined
    const done = await form.submit(undefined)
    if (done) {
      kept.saved(id)
      base.value = done
      saved.value = JSON.stringify(content())
      wasTried.value = false
      return done
    }
    if (form.error.value instanceof ApiError)
      refused.value = new Map(
        (form.error.value.problem.errors ?? []).map(({ path, message }) => [path, message]),
      )
    return undefined
  }

  /** Whatever changed is another intention. */
  function touch(): void {
    refused.value = new Map()
    form.edited()
  }

  return {
    draft,
    base,
    isRestored: kept.isRestored,
    /** Why it was not saved, or what has become of the script meanwhile. */
    draftReason: computed(() => (isOther.value ? '这条后来改过，你写的还在' : kept.reason.value)),
    discard(): void {
      kept.discard()
      touch()
    },
    isChanged,
    busy: form.busy,
    troubleAt,
    /** Why it could not be saved. */
    trouble: computed(() => {
      if (form.error.value !== undefined) return `${problemReason(form.error.value)}，没有保存`
      return wasTried.value && troubles.value.size > 0 ? '还有几处要改，改好再保存' : ''
    }),
    isOutdated: computed(
      () => form.error.value instanceof ApiError && form.error.value.problem.code === 'version_conflict',
    ),
    /** Variables without other words: who has not noted them cannot send this. */
    stopping: computed(() => stoppingVariables(content().parts)),
    save,
    touch,
    add(kind: ScriptPart['kind']): void {
      if (draft.parts.length >= MAX_PARTS) return
      draft.parts.push(edited(emptyPart(kind)))
      touch()
    },
    remove(key: number): void {
      draft.parts = draft.parts.filter(each => each.key !== key)
      touch()
    },
    move(key: number, by: -1 | 1): void {
      const from = draft.parts.findIndex(each => each.key === key)
      const to = from + by
      const [one, other] = [draft.parts[from], draft.parts[to]]
      if (!one || !other) return
      draft.parts[from] = other
      draft.parts[to] = one
      touch()
    },
    change(key: number, part: ScriptPart): void {
      draft.parts = draft.parts.map(each => (each.key === key ? { key, part } : each))
      touch()
    },
    /** A former version, to be looked at and saved as the newest. */
    takeOver(version: ScriptVersion): void {
      draft.title = version.title
      draft.occasion = version.occasion
      draft.effectiveFrom = version.effectiveFrom ?? ''
      draft.effectiveUntil = version.effectiveUntil ?? ''
      draft.parts = version.parts.map(edited)
      touch()
    },
  }
}

export type ScriptEditor = ReturnType<typeof useScriptEditor>
