import { computed, reactive, ref, shallowRef, watch } from 'vue'
import type { CouponTemplate, CouponTemplateDraft } from '../../../shared/contract/couponTemplates.ts'
import { ApiError } from '../../api/apiError.ts'
import { addCouponTemplate, changeCouponTemplate } from '../../api/couponTemplates.ts'
import { problemReason } from '../../ui/problemTitle.ts'
import { unknownWords } from '../../ui/unknownWords.ts'
import { useForm } from '../../ui/useForm.ts'
import { useDraft } from '../drafts/useDraft.ts'
import { changeOf, fieldsOf, readFields, type TemplateFields } from './templateFields.ts'
import type { Step } from './templateWords.ts'

type Names = (keyof TemplateFields)[]

/**
 * One template as it is being written; without `seen` a new one. What was typed and not saved lies on this device until it is saved
 * or thrown away, field by field, so that what others change meanwhile in the other fields is not undone by it.
 */
export function useTemplateForm(
  seen: CouponTemplate | undefined,
  given: { today: () => string; firstStores: number[] },
) {
  const base = shallowRef(seen)
  const known = shallowRef(fieldsOf(seen, given.firstStores))
  const fields = reactive<TemplateFields>(plain(known.value))
  const names = Object.keys(known.value) as Names

  const differs = (name: keyof TemplateFields) =>
    JSON.stringify(fields[name]) !== JSON.stringify(known.value[name])
  const changed = (): Partial<TemplateFields> =>
    plain(Object.fromEntries(names.filter(differs).map(name => [name, fields[name]])))
  const isChanged = computed(() => names.some(differs))

  /** A new one has a name of its own once it is saved, and what is typed from then on is about that one. */
  const draftId = () => `coupon-template:${base.value?.templateId ?? 'new'}`
  const kept = useDraft<Partial<TemplateFields>>('template', draftId, {
    read: () => (isChanged.value ? changed() : undefined),
    restore: before => void Object.assign(fields, before),
    clear: () => void Object.assign(fields, plain(known.value)),
  })

  const read = computed(() => readFields(fields, given.today()))
  const wasTried = ref(false)
  const refused = shallowRef(new Map<string, string>())
  /** Told once saving was tried: a form that scolds while it is being filled in is no help. */
  const troubleAt = (path: string): string =>
    refused.value.get(path) ?? (wasTried.value ? (read.value.troubles.get(path) ?? '') : '')

  const form = useForm(async (content: CouponTemplateDraft, key: string) => {
    const held = base.value
    return held
      ? changeCouponTemplate(held.templateId, changeOf(held, content), held.version, key)
      : addCouponTemplate(content, key)
  })
  const stateForm = useForm((to: Step['to'], key: string) => {
    const held = base.value
    if (!held) throw new Error('a template that is nowhere yet')
    return changeCouponTemplate(held.templateId, { state: to }, held.version, key)
  })
  watch(fields, () => {
    refused.value = new Map()
    form.edited()
    stateForm.edited()
  })

  /** What the server has now; what she has typed and not saved stays. */
  function takeOver(template: CouponTemplate): void {
    const own = changed()
    base.value = template
    known.value = fieldsOf(template)
    Object.assign(fields, plain(known.value), own)
    form.edited()
    stateForm.edited()
  }

  async function save(): Promise<CouponTemplate | undefined> {
    wasTried.value = true
    const { content } = read.value
    if (!content) return undefined
    const asked = plain(fields)
    const saved = await form.submit(content)
    if (saved) {
      // Typed while it was on its way: not saved, and not lost.
      const typed = names.filter(name => JSON.stringify(fields[name]) !== JSON.stringify(asked[name]))
      const own = plain(Object.fromEntries(typed.map(name => [name, fields[name]])))
      known.value = fieldsOf(saved)
      Object.assign(fields, plain(known.value))
      wasTried.value = false
      kept.saved(draftId())
      base.value = saved
      Object.assign(fields, own)
      return saved
    }
    if (form.error.value instanceof ApiError)
      refused.value = new Map(
        (form.error.value.problem.errors ?? []).map(({ path, message }) => [path, message]),
      )
    return undefined
  }

  /** What was not saved is saved by now, and only the step was not taken. */
  const isSavedOnly = ref(false)
  /**
   * Saves first what is not saved where it goes out, so that what goes out is what stands there. To pause or to end it depends on
   * nothing that is half written, and puts none of it out.
   */
  async function goTo(to: Step['to']): Promise<CouponTemplate | undefined> {
    isSavedOnly.value = false
    const needsSave = to === 'running' && (isChanged.value || !base.value)
    if (needsSave && !(await save())) return undefined
    isSavedOnly.value = needsSave
    const changedTemplate = await stateForm.submit(to)
    if (changedTemplate) takeOver(changedTemplate)
    // Nothing of it can be saved any more.
    if (changedTemplate?.state === 'stopped') kept.discard()
    return changedTemplate
  }

  const failure = computed<unknown>(() => form.error.value ?? stateForm.error.value)
  /** What keeps it from being saved, where nothing can be put right at a field. */
  const blocked = computed(() => (wasTried.value ? ([...read.value.troubles.values()][0] ?? '') : ''))
  const saveTrouble = computed(() => {
    if (form.isUnknown.value) return unknownWords('存没存上', '保存')
    if (form.error.value !== undefined) return `${problemReason(form.error.value)}，没有保存`
    return blocked.value === '' ? '' : `${blocked.value}，没有保存`
  })
  const stepTrouble = computed(() => {
    if (stateForm.isUnknown.value) return unknownWords('改没改成', '改')
    if (stateForm.error.value === undefined) return saveTrouble.value
    const why = problemReason(stateForm.error.value)
    return isSavedOnly.value ? `改动保存了，${why}，状态没有变` : `${why}，没有改动`
  })
  return {
    base,
    fields,
    isChanged,
    kept,
    read,
    troubleAt,
    busy: computed(() => form.busy.value || stateForm.busy.value),
    /** Why it was not saved, in words; empty while it was not tried. */
    saveTrouble,
    /** Why it has not come to the state that was asked for, or was not saved before. */
    stepTrouble,
    /** Something was asked of the server that failed. */
    hasFailed: computed(() => failure.value !== undefined),
    /** Somebody else has changed it since it was opened. */
    isOutdated: computed(
      () => failure.value instanceof ApiError && failure.value.problem.code === 'version_conflict',
    ),
    takeOver,
    save,
    goTo,
  }
}
export type TemplateForm = ReturnType<typeof useTemplateForm>

const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T
