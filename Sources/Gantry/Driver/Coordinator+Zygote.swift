// Watches over the process that forks containers: one that no longer answers is replaced, and so is one that died, but
// not for ever if its successors die, too.

import GantryContainers
import GantryLanes

/// What the driver knows of its present zygote.
struct ZygoteWatch {
  /// Which one it is, counted from 1.
  var number: UInt32 = 1
  /// Since when it answers; nil while the program that it executes has not got that far.
  var servesSince: UInt64? = 0
  /// Zygotes that ended one after the other without a container.
  var endsInRow = 0
  /// Whether a container that was starting was charged with the end of the last one.
  var isPaidFor = false
}

extension Coordinator {
  /// How long a fork may take: one of a process with much memory takes a tenth of a second.
  static let zygotePatience: UInt64 = 5_000_000_000
  static let zygotesAllowed = 10

  /// When the zygote must have started a container that was asked of it.
  func zygoteDeadline(_ container: Container) -> UInt64? {
    guard container.pid == 0, container.state == .starting, let since = zygote.servesSince else { return nil }
    return max(since, container.startedAt) + Coordinator.zygotePatience
  }

  private var isZygoteOverdue: Bool {
    containers.values.contains { zygoteDeadline($0).map { $0 <= now } ?? false }
  }

  /// Replaces a zygote that somebody stopped: nothing else in it can block.
  func killZygoteIfOverdue() {
    guard isZygoteOverdue else { return }
    // Its word may lie here unread: this process may have been stopped itself.
    hearZygote()
    hearKeeper()
    guard isZygoteOverdue else { return }
    tell(
      .info,
      "The process that forks containers does not answer; it is killed, and another takes its place.")
    // Its successor is told by the keeper.
    zygote.servesSince = nil
    keeper.killZygote(number: zygote.number)
  }

  /// A zygote takes the place of another.
  func noteZygote(_ number: UInt32) {
    zygote.number = number
    zygote.servesSince = runsProgram ? nil : now
  }

  /// A zygote has ended: whoever was asked of it and never reported will not come.
  func noteZygoteEnd() {
    zygote.endsInRow += 1
    zygote.isPaidFor = false
    zygote.servesSince = nil
    tell(.info, "The process that forks containers ended; another takes its place.")
    for container in Array(containers.values) where container.pid == 0 {
      container.isOrphan = true
      bury(container, end: .lost)
    }
    giveUpZygotes("ended \(zygote.endsInRow) times in a row before it had forked one.")
  }

  /// A zygote could not be forked: the keeper tries again, up to a second later, and the calls wait for some of that.
  func noteZygoteFailure(_ reason: String) {
    zygote.endsInRow += 1
    zygote.servesSince = nil
    tell(.info, "The process that forks containers could not be forked: \(reason).")
    giveUpZygotes(
      "could not be forked \(zygote.endsInRow) times in a row: \(reason). Raise the limit on processes (ulimit -u), or free memory; later calls may fare better."
    )
  }

  private func giveUpZygotes(_ what: String) {
    guard zygote.endsInRow >= Coordinator.zygotesAllowed else { return }
    let reason = GantryError(.zygoteStartFailed, "The process that forks containers \(what)")
    for pool in pools {
      for call in pool.calls { fail(call, reason) }
    }
  }
}
