/**
 * The window of each key, at most `maxKeys` and without timers: none lasts longer than the others,
 * so the oldest in the map is about the first to end, and each new window clears away what has ended
 * before it. When the map is full, the oldest is forgotten.
 */
export function boundedWindows<Window extends { endsAt: number }>(maxKeys = 100_000) {
  const windows = new Map<string, Window>()
  // One iterator that goes on where it stopped. A new one for each call would walk over every entry
  // that was deleted before it, some 100 us in a full map.
  let oldestFirst = windows.entries()
  let oldest = oldestFirst.next()

  function clearEnded(at: number): void {
    for (;;) {
      if (oldest.done) {
        if (windows.size === 0) return
        oldestFirst = windows.entries()
      } else {
        const [key, window] = oldest.value
        // Another window under this key means that it began again, further back in the map.
        if (windows.get(key) === window) {
          if (window.endsAt > at && windows.size < maxKeys) return
          windows.delete(key)
        }
      }
      oldest = oldestFirst.next()
    }
  }

  return {
    /** Undefined when there is none that lasts beyond `at`. */
    get(key: string, at: number): Window | undefined {
      const window = windows.get(key)
      return window === undefined || window.endsAt <= at ? undefined : window
    },

    /** Begins `window` at `at`, in the place of one that has ended. */
    begin(key: string, window: Window, at: number): Window {
      // Deleted first, so that a key that begins again goes to the end of the map.
      windows.delete(key)
      clearEnded(at)
      windows.set(key, window)
      return window
    },
  }
}
