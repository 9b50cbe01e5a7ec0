import { computed, reactive, ref, shallowRef, watch } from 'vue'
import type { CouponTemplate, CouponTemplateDraft } from '../../../shared/contract/couponTemplates.ts'
import { ApiError } from '../../api/apiError.ts'
import { addCouponTemplate, changeCouponTemplate } from '../../api/couponTemplates.ts'
import { problemReason } from '../../ui/problemTitle.ts'
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
    form.error.value = undefined
    stateForm.error.value = undefined
  }

  async function save(): Promise<CouponTemplate | undefined> {
    wasTried.value = true
    const { content } = read.value
    if (!content) return undefined
    const saved = await form.submit(content)
    if (saved) {
      known.value = fieldsOf(saved)
      Object.assign(fields, plain(known.value))
      wasTried.value = false
      kept.saved(draftId())
      base.value = saved
      return saved
    }
    if (form.error.value instanceof ApiError)
      refused.value = new Map(
        (form.error.value.problem.errors ?? []).map(({ path, message }) => [path, message]),
      )
    return undefined
  }

  /** Saves first what is not saved, so that what goes out is what stands there. */
  async function goTo(to: Step['to']): Promise<CouponTemplate | undefined> {
    const needsSave = to !== 'stopped' && (isChanged.value || !base.value)
    if (needsSave && !(await save())) return undefined
    const changedTemplate = await stateForm.submit(to)
    if (changedTemplate) takeOver(changedTemplate)
    // Nothing of it can be saved any more.
    if (changedTemplate?.state === 'stopped') kept.discard()
    return changedTemplate
  }

  const failure = computed<unknown>(() => form.error.value ?? stateForm.error.value)
  return {
    base,
    fields,
    isChanged,
    kept,
    read,
    troubleAt,
    busy: computed(() => form.busy.value || stateForm.busy.value),
    /** Why it was not saved, in words. */
    failure: computed(() => (failure.value === undefined ? '' : problemReason(failure.value))),
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
