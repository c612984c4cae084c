// What a program's own code does in a process that is, or is about to become, a container of that program: its calls
// wait, because nobody is to see what they would do, and a task that waits holds up nothing.

import GantryContainers

/// Suspends a call that such code makes: for ever in a container; for a while, if its driver was refused, in a process
/// that may become one yet.
func standStillAsBystander(_ isRefused: () -> Bool) async {
  if !isBystander() {
    guard Role.pending != nil, isRefused() else { return }
    for _ in 0..<25 where !isBystander() && !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(10))
    }
    guard isBystander() else { return }
  }
  await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
}
