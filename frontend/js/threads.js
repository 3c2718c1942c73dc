// A conversation in a box of its own starts at its newest words.
export function scrollThreads (root) {
  for (const thread of root.querySelectorAll('[data-newest-last]')) thread.scrollTop = thread.scrollHeight
}
