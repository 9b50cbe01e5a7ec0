import { reactive, ref } from 'vue'
import type { StaffMember, StoreChoice, StoreRow } from '../../../shared/contract/staff.ts'
import { addManager, changeStore, removeManager, type StoreChange } from '../../api/staff.ts'
import { problemDetail } from '../../ui/problemTitle.ts'
import { showToast } from '../../ui/undoToast.ts'

type SaveState = 'saving' | 'saved' | undefined
type Part = 'choice' | 'ownName' | 'address' | 'hours' | 'phone' | 'managers'

/** Changes of one store, each saved as soon as it is made, one after the other; `changed` gets the row as the server has it. */
export function useStoreEdit(departmentId: number, changed: (row: StoreRow) => void) {
  const states = reactive<Record<Part, SaveState>>({
    choice: undefined,
    ownName: undefined,
    address: undefined,
    hours: undefined,
    phone: undefined,
    managers: undefined,
  })
  const trouble = ref('')
  let last: Promise<unknown> = Promise.resolve()

  async function run(part: Part, save: () => Promise<StoreRow>): Promise<boolean> {
    states[part] = 'saving'
    trouble.value = ''
    try {
      changed(await save())
      states[part] = 'saved'
      return true
    } catch (error) {
      states[part] = undefined
      trouble.value = `${problemDetail(error)}，没有改动`
      return false
    }
  }
  function queue(part: Part, save: () => Promise<StoreRow>): Promise<boolean> {
    const turn = last.then(() => run(part, save))
    last = turn
    return turn
  }
  const change = (part: Part, body: StoreChange) => queue(part, () => changeStore(departmentId, body))

  const add = ({ userId }: Pick<StaffMember, 'userId'>) =>
    queue('managers', () => addManager(departmentId, userId))

  async function remove(manager: { userId: string; name: string }): Promise<void> {
    if (await queue('managers', () => removeManager(departmentId, manager.userId)))
      showToast(`${manager.name}不再是店长`, () => void add(manager))
  }

  return {
    states,
    trouble,
    choose: (choice: StoreChoice) => change('choice', { choice }),
    rename: (words: string) => change('ownName', { ownName: words.trim() || null }),
    move: (words: string) => change('address', { address: words.trim() || null }),
    open: (words: string) => change('hours', { hours: words.trim() || null }),
    connect: (words: string) => change('phone', { phone: words.trim() || null }),
    add,
    remove,
  }
}
