import { computed, effectScope, shallowReactive } from 'vue'
import type { ReasonClass } from '../../../shared/contract/reasonClass.ts'
import type { Script, ScriptPart } from '../../../shared/contract/scripts.ts'
import { fill, type KnownFacts } from '../../../shared/rules/fillScript.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { useSendsStore } from '../sends/sends.store.ts'
import { useSend, type SendState } from '../sends/useSend.ts'
import { useScriptsStore } from './scripts.store.ts'

const IDLE: SendState = { kind: 'idle' }

/** The parts with their final words; undefined while a fact is missing. */
export function finalParts(script: Pick<Script, 'parts'>, facts: KnownFacts): ScriptPart[] | undefined {
  const parts: ScriptPart[] = []
  for (const part of script.parts) {
    if (part.kind !== 'text') {
      parts.push(part)
      continue
    }
    const { text } = fill(part.text, facts)
    if (text === undefined) return undefined
    parts.push({ kind: 'text', text })
  }
  return parts
}

/** Sends whole scripts from the list, one at a time; each row keeps how its own last attempt ended. */
export function useScriptSend() {
  const current = useCurrentCustomerStore()
  /** By chat and script: what became of a message in one chat is never shown in another. */
  const machines = shallowReactive(new Map<string, ReturnType<typeof useSend>>())
  const scope = effectScope()
  const keyOf = (scriptId: string) => `${current.externalUserId ?? current.chatId} ${scriptId}`
  const machine = (scriptId: string) => {
    const known = machines.get(keyOf(scriptId))
    if (known) return known
    const made = scope.run(useSend) ?? useSend()
    machines.set(keyOf(scriptId), made)
    return made
  }
  const sends = useSendsStore()
  const scripts = useScriptsStore()
  const isBusy = computed(() => sends.isBusy)

  return {
    /** Whether one is on its way; a tap on any other row then does nothing. */
    isBusy,
    /**
     * Does nothing while a fact is missing. `edited`: other words than the script's, for this one time. `nature`: what it is to
     * restraint, where that is asked.
     * @returns whether any of it stands in the chat, or may: the rest goes on from there, with these words
     */
    async send(
      script: Script,
      facts: KnownFacts,
      { edited, nature }: { edited?: ScriptPart[]; nature?: ReasonClass } = {},
    ): Promise<boolean> {
      const parts = edited ?? finalParts(script, facts)
      if (!parts || isBusy.value) return false
      const { title, scriptId, version } = script
      const machineHere = machine(scriptId)
      const draft = {
        title,
        parts,
        script: { scriptId, version },
        reminderId: null,
      }
      const isGone = await machineHere.send(draft, nature)
      if (isGone) scripts.noteSent(scriptId)
      return isGone || machineHere.hasLeft()
    },
    stateOf: (scriptId: string): SendState => machines.get(keyOf(scriptId))?.state.value ?? IDLE,
  }
}
