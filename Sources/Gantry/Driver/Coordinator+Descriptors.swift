// Notices that the program has closed the driver's descriptors, as one does that closes all it does not know, or that it
// is a fork of the process that made the driver. Either way nothing of the driver's is touched any more.

import GantryContainers
import GantryLanes

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

extension Coordinator {
  /// Whether this process is a fork of the one that made the driver; containers that are threads serve no other, either.
  var isForked: Bool { processNumber() != owner }

  /// What a fork is told that calls a function.
  var forkedMessage: GantryError {
    GantryError(
      .notStarted,
      "This process is a fork of the one that made the driver, whose containers serve that one alone. Make a Driver "
        + "with Functions of its own here, or execute a program instead.")
  }

  /// The same as `checkDescriptors`, but not for each of calls that follow each other at once.
  func checkDescriptorsAtTimes() {
    let time = monotonicNow()
    guard time &- descriptorsCheckedAt > Coordinator.descriptorPatience else { return }
    descriptorsCheckedAt = time
    checkDescriptors()
  }

  private static let descriptorPatience: UInt64 = 1_000_000

  /// Ends all calls if the driver's descriptors are no longer its own.
  ///
  /// One system call; under the lock.
  func checkDescriptors() {
    guard !isInProcess, !isStopped, !keeper.isReachable else { return }
    let lost = GantryError(
      .shutDown,
      "The program has closed descriptors of the driver's, and with them its containers. Close no descriptors that are "
        + "not your own, or do it before the driver is made; make another Driver to go on.")
    estranged = lost
    tell(.warning, lost.message)
    isShuttingDown = true
    isStopped = true
    for pool in pools {
      for call in pool.calls { fail(call, lost) }
      pool.containers = []
    }
    // Their numbers may be other files' by now: nothing is closed, signalled or freed, for ever.
    abandoned = Array(containers.values)
    containers = [:]
    _ = Unmanaged.passRetained(self)
  }
}
