// Ends attempts that take longer than their function's timeout: the container is killed, its input pays, and what else
// it was given goes to others for free. Looks only while a container of such a function has something to do.

import GantryContainers
import GantryLanes
import GantryScheduling

extension Pool {
  /// The timeout in nanoseconds.
  var timeout: UInt64? { options.timeout?.clampedNanoseconds }
}

extension Coordinator {
  /// How often a container is looked at: often enough that an attempt ends soon after its timeout, never before it.
  func lookInterval(_ timeout: UInt64) -> UInt64 {
    min(max(timeout / 8, Coordinator.shortestTick), Coordinator.longestTick)
  }

  /// Kills the containers of a pool that run an input for longer than its timeout.
  func endOverdue(_ pool: Pool) {
    guard let timeout = pool.timeout else { return }
    for container in pool.containers where !container.ledger.isEmpty && container.state != .closing {
      guard pool.concurrency == 1 else {
        endOverdue(container, timeout: timeout)
        endStandstill(container, begun: container.lane.claimSeen, timeout: timeout)
        continue
      }
      let progress = container.progress()
      let time = monotonicNow()
      let since = container.clock.look(
        at: progress, isPossible: container.ledger.mayRun(progress), taken: container.lane.taken, now: time)
      defer { endStandstill(container, begun: container.clock.begun, timeout: timeout) }
      if let since, time &- since >= timeout {
        end(container, overdueAt: progress)
      } else {
        due(at: min(time + lookInterval(timeout), since.map { $0 &+ timeout } ?? .max))
      }
    }
  }

  private func end(_ container: Container, overdueAt progress: LaneProgress) {
    debug("Container \(container.pid) of \"\(container.pool.name)\" is killed: its input is overdue.")
    container.overdue = progress
    // The others need not wait until the kernel has taken its memory down.
    takeBackUnclaimed(container)
    splitBehindRunning(container, keeping: 0)
    kill(container)
  }

  /// Kills a container that neither runs an input, by its own words, nor begins or ends one.
  ///
  /// It may lie, or have been stopped by somebody. What it was given must not wait for ever where the function has a
  /// timeout.
  private func endStandstill(_ container: Container, begun: UInt64, timeout: UInt64) {
    guard container.hasStarted, container.state != .closing, let front = container.ledger.entries.first else {
      return
    }
    let marks = StandstillClock.Marks(taken: container.lane.taken, front: front.position, begun: begun)
    let since = container.standstill.look(at: marks, now: now)
    let (limit, overflow) = timeout.addingReportingOverflow(Coordinator.leavingPatience)
    guard !overflow, now &- since >= limit else { return }
    distrust(
      container,
      "it neither began nor ended an input for \(limit / 1_000_000) milliseconds, though it had some to run")
  }

  /// Who pays for a death.
  enum Blame {
    case crash
    case timeout
    case nobody
  }

  /// The culprit of a death pays for a crash, unless the driver killed the container for its time; then only the input
  /// that was overdue does: it may have ended in the moment of the kill, and another have begun.
  func blame(for container: Container, _ end: ContainerEnd, at last: LaneProgress) -> Blame {
    // The driver killed it over an input that nobody wanted; another may have begun in that moment.
    if container.outlivedCancel, end.isByKill { return .nobody }
    guard let overdue = container.overdue, end.isByKill else { return .crash }
    return last == overdue ? .timeout : .nobody
  }
}
