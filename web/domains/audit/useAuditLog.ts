import { computed, reactive, shallowRef, watch } from 'vue'
import type { AuditChain, AuditFilter, AuditTopic } from '../../../shared/contract/audit.ts'
import { exportAudit, listAudit } from '../../api/audit.ts'
import { saveFile } from '../../ui/saveFile.ts'
import { useForm } from '../../ui/useForm.ts'
import { usePages } from '../../ui/usePages.ts'

interface Asked {
  topic: AuditTopic | undefined
  from: string
  until: string
}

/** The record as it is looked through: what is looked for, its pages, how the chain stands, and a file of it. */
export function useAuditLog(of: () => { member: string | undefined; customer: string | undefined }) {
  const asked = reactive<Asked>({ topic: undefined, from: '', until: '' })
  const chain = shallowRef<AuditChain>()
  const filter = computed<AuditFilter>(() => ({
    ...(asked.topic === undefined ? {} : { topic: asked.topic }),
    ...(asked.from === '' ? {} : { from: asked.from }),
    ...(asked.until === '' ? {} : { until: asked.until }),
    ...(of().member === undefined ? {} : { member: of().member }),
    ...(of().customer === undefined ? {} : { customer: of().customer }),
  }))
  /** Whether what is shown is no more than the first page. */
  let isAtFirst = true
  const pages = usePages(async cursor => {
    const page = await listAudit({ ...filter.value, ...(cursor === undefined ? {} : { cursor }) })
    chain.value = page.chain
    isAtFirst = cursor === undefined
    return page
  })
  watch(
    filter,
    () => {
      pages.clear()
      void pages.restart()
    },
    { immediate: true },
  )
  const download = useForm(async (day: string) => {
    saveFile(`操作记录-${day}.csv`, await exportAudit(filter.value))
    // That it was taken stands in the record too; not worth the pages she has read on to.
    if (isAtFirst && !pages.busy.value) void pages.restart()
  })
  return { asked, chain, pages, download, isFiltered: computed(() => Object.keys(filter.value).length > 0) }
}
