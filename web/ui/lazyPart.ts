import { defineComponent, h, onUnmounted, shallowRef, watch, type Component, type PropType } from 'vue'
import { Superseded } from '../api/apiError.ts'
import { missParts } from './missingParts.ts'
import { isUnreachable } from './problemTitle.ts'

interface Part {
  component: Component
  bring: () => Promise<void>
}
/** By what loads them: a component that declares a part does so each time it is set up. */
const parts = new Map<string, Part>()
const ahead = new Set<Part>()

/**
 * A part of the page that comes when it is needed, or before, when nothing else is to do (`bringParts`). One that does not
 * come is told at the top of the page, where it can be tried again; a sheet then counts as closed, so that the next tap on
 * what opens it tries as well.
 * @param load a single `import()`
 */
export function lazyPart<T extends Component>(
  load: () => Promise<{ default: T }>,
  { isAhead = true }: { isAhead?: boolean } = {},
): T {
  const known = parts.get(String(load))
  if (known) return known.component as T
  const found = shallowRef<T>()
  const bring = async () => {
    found.value ??= (await load()).default
  }

  const component = defineComponent({
    inheritAttrs: false,
    // What has no `open` is wanted as long as it stands there.
    props: { open: { type: null as unknown as PropType<unknown>, default: undefined } },
    setup(props, { attrs, slots }) {
      const opened = (isOpen: boolean) => {
        const tell = attrs['onUpdate:open']
        if (typeof tell === 'function') (tell as (isOpen: boolean) => void)(isOpen)
      }
      const isSheet = () => attrs['onUpdate:open'] !== undefined
      const missing = missParts()
      onUnmounted(missing.forget)

      async function want(): Promise<void> {
        try {
          await bring()
          missing.forget()
        } catch (error) {
          const isGone = error instanceof Superseded
          if (!isGone && !isUnreachable(error)) throw error
          if (isSheet()) opened(false)
          // Of another release nothing comes, however often it is asked for.
          if (!isGone)
            missing.note(isSheet() ? () => opened(true) : () => void want(), { isSheet: isSheet() })
        }
      }
      watch(
        () => props.open,
        isOpen => {
          if (isOpen !== false && !found.value) void want()
        },
        { immediate: true },
      )
      return () =>
        found.value &&
        h(found.value, { ...attrs, ...(props.open !== undefined && { open: props.open }) }, slots)
    },
  })
  const part = { component, bring }
  parts.set(String(load), part)
  if (isAhead) ahead.add(part)
  return component as unknown as T
}

/** Brings whatever has been declared so far and is not here, one after the other; what that declares in turn as well. */
export async function bringParts(): Promise<void> {
  // What does not come now comes with the tap.
  for (const part of ahead) await part.bring().catch(() => undefined)
}
