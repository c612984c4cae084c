// What the driver's background thread waits in: doorbells, processes, sockets, and a timer.
// Any thread may add, remove, or set the timer; one waits.

import CGantryProcess

/// Waits for the kernel's word.
package final class Poller: Sendable {
  /// What became readable.
  package enum Source: UInt64, Sendable {
    case timer, wake, keeper, zygote, doorbell, process, errorPipe
  }

  private let poller: gantry_poller
  private static let sourceShift: UInt64 = 56

  package init() throws(ProcessError) {
    var poller = gantry_poller()
    let timer = Source.timer.rawValue << Poller.sourceShift
    let failure = gantry_poller_open(&poller, timer, Source.wake.rawValue << Poller.sourceShift)
    guard failure == 0 else { throw ProcessError("a poller could not be made", failure) }
    self.poller = poller
  }

  deinit {
    var poller = poller
    gantry_poller_close(&poller)
  }

  /// Watches a descriptor; `edge`: tells of each change once, so that it need not be read.
  package func add(_ fd: Int32, _ source: Source, _ id: UInt64, edge: Bool = false) {
    withUnsafePointer(to: poller) {
      _ = gantry_poller_add($0, fd, source.rawValue << Poller.sourceShift | id, edge)
    }
  }

  package func remove(_ fd: Int32) {
    withUnsafePointer(to: poller) { _ = gantry_poller_remove($0, fd) }
  }

  /// Sets the timer to a time of the monotonic clock.
  ///
  /// False: somebody has closed it.
  package func setTimer(_ at: UInt64) -> Bool {
    withUnsafePointer(to: poller) { gantry_poller_set_timer($0, at) == 0 }
  }

  /// Ends a wait.
  package func wake() {
    withUnsafePointer(to: poller) { _ = gantry_poller_wake($0) }
  }

  /// Blocks until something is readable, or for so long, and says what; nil: somebody has closed what it waits in.
  package func wait(milliseconds: Int32) -> [(source: Source, id: UInt64)]? {
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 64) { ids in
      guard let base = ids.baseAddress else { return [] }
      let count = withUnsafePointer(to: poller) { gantry_poller_wait($0, base, 64, milliseconds) }
      guard count >= 0 else { return nil }
      return ids.prefix(Int(count)).compactMap { id in
        Source(rawValue: id >> Poller.sourceShift).map { ($0, id & (1 << Poller.sourceShift - 1)) }
      }
    }
  }
}
