import {
  listScripts as operation,
  type Script,
  type ScriptMarks,
  type ScriptWords,
} from '../../shared/contract/scripts.ts'
import { joined } from '../../shared/rules/cataloguePieces.ts'
import { openVault } from '../device/vault.ts'
import { nextTask } from '../ui/nextTask.ts'
import { call } from './client.ts'

/** The scripts a guide may use, in the order of the library, and the last ones she sent. */
export interface UsableScripts {
  scripts: Script[]
  recentIds: readonly string[]
}

interface Pieces<R> {
  tags: string
  rows: readonly R[]
}

/** What was answered so far, put together. */
interface Kept {
  /** This file's name, which changes with all it leans on, the contract too: what an older page has kept may look otherwise. */
  release: string
  scripts: Pieces<ScriptWords>
  marks: Pieces<ScriptMarks>
  recentIds: readonly string[]
}

const RELEASE = import.meta.url
const NAME = operation.id

/** What this page has shown last, so that it need not be opened again. */
let shown: Kept | undefined
const tagOf = ({ scripts, marks }: Kept) => scripts.tags + marks.tags

/**
 * Shows the scripts: at once what lies on the device, then what the server has if that is another. Only what has changed is on the
 * way: a script that was rewritten, or the counts of one that was sent.
 * @returns what stands for all that is shown now; to be handed in the next time
 * @throws ApiError, Unreachable, UnexpectedAnswer, also when something was shown already
 */
export async function loadScripts(show: (found: UsableScripts) => void, shownTag?: string): Promise<string> {
  const vault = await openVault()
  let kept = shown && tagOf(shown) === shownTag ? shown : undefined
  if (!kept) {
    const found = (await vault?.get('catalogue', NAME)) as Partial<Kept> | undefined
    // Sealed by this very build after it was parsed: no second look at thousands of rows.
    if (found?.release === RELEASE) {
      kept = found as Kept
      show(together(kept))
    }
  }
  const answer = await call(operation, {
    query: { have: kept?.scripts.tags, haveMarks: kept?.marks.tags },
  })
  const isSame =
    kept !== undefined &&
    answer.scripts.tags === null &&
    answer.marks.tags === null &&
    answer.recentIds.join() === kept.recentIds.join()
  if (kept && isSame) {
    shown = kept
    return tagOf(kept)
  }
  // To read them took a phone long enough for one task.
  await nextTask()
  shown = {
    release: RELEASE,
    scripts: joined(kept?.scripts, answer.scripts),
    marks: joined(kept?.marks, answer.marks),
    recentIds: answer.recentIds,
  }
  show(together(shown))
  void vault?.put('catalogue', NAME, shown)
  return tagOf(shown)
}

/** A script with its marks, as long as neither changes the same thing: what was prepared for it stays. */
const whole = new WeakMap<ScriptWords, { marks: ScriptMarks | undefined; script: Script }>()

function together({ scripts, marks, recentIds }: Kept): UsableScripts {
  const byId = new Map(marks.rows.map(row => [row.scriptId, row]))
  const found = scripts.rows.map(words => {
    const own = byId.get(words.scriptId)
    const known = whole.get(words)
    if (known && known.marks === own) return known.script
    const script = { ...words, uses: 0, worked: null, isFavourite: false, pinnedSlot: null, ...own }
    whole.set(words, { marks: own, script })
    return script
  })
  return { scripts: found.sort(inOrder), recentIds }
}

const inOrder = (a: Script, b: Script): number =>
  a.sort - b.sort || compare(a.title, b.title) || compare(a.scriptId, b.scriptId)
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))
