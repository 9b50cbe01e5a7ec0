import { shallowReactive } from 'vue'
import type { Script, ScriptPart } from '../../../shared/contract/scripts.ts'
import { fill, type KnownFacts } from '../../../shared/rules/fillScript.ts'
import { useSend, type SendState } from '../sends/useSend.ts'

const notes: Partial<Record<SendState['kind'], string>> = {
  cancelled: '你取消了，没有发出',
  failed: '没有发出，可以再试',
  unknown: '企业微信没有回应，请看看聊天里有没有',
}

/** Sends whole scripts from the list, each row with a state of its own. */
export function useScriptSend() {
  const machines = shallowReactive(new Map<string, ReturnType<typeof useSend>>())
  const machine = (scriptId: string) => {
    const known = machines.get(scriptId)
    if (known) return known
    const made = useSend()
    machines.set(scriptId, made)
    return made
  }
  const finalParts = (script: Script, facts: KnownFacts): ScriptPart[] =>
    script.parts.map(part => {
      if (part.kind !== 'text') return part
      const { text } = fill(part.text, facts)
      if (text === undefined) throw new Error('a script with holes cannot be sent')
      return { kind: 'text', text }
    })
  const kindOf = (scriptId: string) => machines.get(scriptId)?.state.value.kind ?? 'idle'

  return {
    send: (script: Script, facts: KnownFacts) =>
      machine(script.scriptId).send({
        title: script.title,
        parts: finalParts(script, facts),
        script: { scriptId: script.scriptId, version: script.version },
        reminderId: null,
      }),
    stateOf: (scriptId: string): 'idle' | 'sending' | 'sent' => {
      const kind = kindOf(scriptId)
      return kind === 'sending' || kind === 'sent' ? kind : 'idle'
    },
    noteOf: (scriptId: string): string => notes[kindOf(scriptId)] ?? '',
  }
}
