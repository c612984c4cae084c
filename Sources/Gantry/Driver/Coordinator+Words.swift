// Forwards what containers write on their standard error to the program's own. Whoever reads that may take its time:
// a container then waits as it would without a driver in between, and the driver does not.

import GantryContainers

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

extension Coordinator {
  /// Takes what a container has written on its standard error, as far as the program's own has room for it.
  ///
  /// `isLast`: it is dead, and nothing stays behind.
  func readWords(of container: Container, isLast: Bool = false) {
    var buffer = [UInt8](repeating: 0, count: Coordinator.wordsAtATime)
    // Bounded: a grandchild may hold the pipe open and write for ever.
    for _ in 0..<64 {
      guard isLast || !container.isHeard || hasRoomForWords() else { return mute(container) }
      let count = buffer.withUnsafeMutableBytes { read(container.errorPipe, $0.baseAddress, $0.count) }
      // It has closed its standard error, or is dead: a pipe without a writer would be readable for ever.
      if count == 0 { poller.remove(container.errorPipe) }
      guard count > 0 else { return }
      let own = container.hear(buffer.prefix(count))
      guard !own.isEmpty else { continue }
      if isLast && !hasRoomForWords() {
        // Not here: the lock is everybody's.
        outbox.put(.words(Array(own)))
      } else {
        Outbox.utter(own, bar)
      }
    }
  }

  /// What a pipe takes without blocking whenever it takes anything.
  private static let wordsAtATime = 4096

  /// Whether something can be written on standard error without waiting for whoever reads it.
  private func hasRoomForWords() -> Bool {
    var errors = pollfd(fd: 2, events: Int16(POLLOUT), revents: 0)
    // One that is closed, or that nobody reads, refuses at once.
    return poll(&errors, 1, 0) != 0
  }

  /// Stops listening to a container until what it has said could be shown.
  private func mute(_ container: Container) {
    container.isMuted = true
    poller.remove(container.errorPipe)
    due(at: now + Coordinator.mutePause)
  }

  private static let mutePause: UInt64 = 10_000_000

  /// Listens again to those that had to wait.
  func unmute() {
    for (_, container) in containers where container.isMuted {
      guard hasRoomForWords() else { return due(at: now + Coordinator.mutePause) }
      container.isMuted = false
      poller.add(container.errorPipe, .errorPipe, container.epoch)
    }
  }
}
