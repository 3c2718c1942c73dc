// <button data-print hidden>Print this list</button>: shown only where it can work.
export function openPrinter (root) {
  for (const button of root.querySelectorAll('[data-print]')) {
    button.hidden = false
    button.addEventListener('click', () => window.print())
  }
}
