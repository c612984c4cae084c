// Asks containers to leave, gives the user's `exit` its time, and kills those that take too long over it.
// A container that was asked to leave is fed no more and charged with nothing.

import GantryLanes

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

extension Coordinator {
  /// How long a container may take to leave.
  static let leavingPatience: UInt64 = 5_000_000_000

  /// Asks a container to leave: it does so when what it runs is done.
  func retire(_ container: Container) {
    container.isRetiring = true
    container.state = .closing
    container.lane.stop()
    let by = now &+ Coordinator.leavingPatience
    container.leaveBy = by
    due(at: by)
  }

  /// Kills a container that has not left in time.
  func killLate(_ container: Container) {
    container.leaveBy = nil
    tell(
      .info,
      "Container \(container.pid) of \"\(container.pool.name)\" did not leave within \(Coordinator.leavingPatience / 1_000_000_000) seconds; it is killed."
    )
    kill(container)
  }

  /// Asks every container to leave that has an `exit` to run.
  func retireSessions() {
    round {
      for (_, container) in containers where container.pool.hasExit && container.state != .closing {
        retire(container)
      }
    }
  }

  /// Whether a container is still there that has an `exit` to run, and time for it.
  var hasSessions: Bool {
    locked {
      let now = monotonicNow()
      return containers.values.contains { container in
        guard container.pool.hasExit, let leaveBy = container.leaveBy else { return false }
        return now < leaveBy
      }
    }
  }

  /// Blocks until there are no sessions: for those who cannot suspend.
  func waitForSessions() {
    while hasSessions { usleep(1000) }
  }
}
