import { computed, reactive, shallowRef, watch } from 'vue'
import {
  MAX_CODE_GUIDES,
  type ChannelCode,
  type ChannelCodeDraft,
} from '../../../shared/contract/channelCodes.ts'
import type { StaffMember } from '../../../shared/contract/staff.ts'
import type { KnownTag } from '../tags/tagChanges.ts'
import { MAX_WELCOME_LENGTH, unknownWelcomeVariables } from '../../../shared/rules/welcomeText.ts'
import { ApiError } from '../../api/apiError.ts'
import { addChannelCode, changeChannelCode } from '../../api/channelCodes.ts'
import { useForm } from '../../ui/useForm.ts'

const FIRST_WORDS = '{称呼}，您好，我是{门店}的{导购姓名}，以后有什么想看的随时找我。'

interface Guide {
  userId: string
  name: string
  store: string | null
}

const fieldsOf = (seen: ChannelCode | undefined) => ({
  name: seen?.name ?? '',
  // Who has left cannot be put on it again.
  guides: (seen?.guides ?? [])
    .filter(({ isActive }) => isActive)
    .map(({ userId, name, store }): Guide => ({ userId, name, store })),
  tags: (seen?.tags ?? []).map(({ tagId, name }) => ({ tagId, groupId: '', name })),
  welcomeText: seen?.welcomeText ?? FIRST_WORDS,
  templateId: seen?.coupon?.templateId ?? null,
  skipVerify: seen?.skipVerify ?? true,
})
type Fields = ReturnType<typeof fieldsOf>

/** One code as it is being written; without `seen` a new one. */
export function useChannelCodeForm(seen: ChannelCode | undefined) {
  const base = shallowRef(seen)
  const known = shallowRef(fieldsOf(seen))
  const draft = reactive(fieldsOf(seen))
  const names = Object.keys(known.value) as (keyof Fields)[]
  const differs = (name: keyof Fields) => JSON.stringify(draft[name]) !== JSON.stringify(known.value[name])
  const isChanged = computed(() => names.some(differs))

  const wanted = (): ChannelCodeDraft => ({
    name: draft.name.trim(),
    guideUserIds: draft.guides.map(({ userId }) => userId),
    tagIds: draft.tags.map(({ tagId }) => tagId),
    welcomeText: draft.welcomeText.trim(),
    templateId: draft.templateId,
    skipVerify: draft.skipVerify,
  })
  const form = useForm((body: ChannelCodeDraft, key: string) =>
    base.value ? changeChannelCode(base.value, body, key) : addChannelCode(body, key),
  )
  watch(draft, () => form.edited())

  /** What the server has now; what she has changed and not saved stays, field by field (P13). */
  function takeOver(code: ChannelCode): void {
    const own = names.filter(differs).map(name => [name, draft[name]] as const)
    base.value = code
    known.value = fieldsOf(code)
    Object.assign(draft, fieldsOf(code), Object.fromEntries(own))
    form.edited()
  }

  /** What keeps it from being saved, in words. */
  const blocker = computed(() => {
    const unknown = unknownWelcomeVariables(draft.welcomeText)
    if (draft.name.trim() === '') return '写上放在哪里，好分清是哪个码'
    if (draft.guides.length === 0) return '选上加哪位同事'
    if (unknown.length > 0) return `没有「${unknown.join('」「')}」这一项，换一个`
    if (draft.welcomeText.length > MAX_WELCOME_LENGTH) return `欢迎语最多 ${MAX_WELCOME_LENGTH} 字`
    return ''
  })

  function addGuide({ userId, name, store }: StaffMember): void {
    if (draft.guides.length < MAX_CODE_GUIDES) draft.guides.push({ userId, name, store: store?.name ?? null })
  }
  const isOn = (userId: string) => draft.guides.some(guide => guide.userId === userId)
  function removeGuide(userId: string): void {
    draft.guides = draft.guides.filter(guide => guide.userId !== userId)
  }
  function addTag(tag: KnownTag): void {
    draft.tags = [...draft.tags, tag]
  }
  function removeTag({ tagId }: Pick<KnownTag, 'tagId'>): void {
    draft.tags = draft.tags.filter(tag => tag.tagId !== tagId)
  }

  return {
    draft,
    blocker,
    isChanged,
    busy: form.busy,
    error: form.error,
    isUnknown: form.isUnknown,
    /** Somebody else has changed it since it was opened. */
    isOutdated: computed(
      () => form.error.value instanceof ApiError && form.error.value.problem.code === 'version_conflict',
    ),
    takeOver,
    addGuide,
    isOn,
    removeGuide,
    addTag,
    removeTag,
    save: async () => (blocker.value === '' ? form.submit(wanted()) : undefined),
  }
}
